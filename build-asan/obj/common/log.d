build-asan/obj/common/log.o: common/log.c common/limits.h common/log.h \
 common/utf8.h
common/limits.h:
common/log.h:
common/utf8.h:
