build-asan/obj/common/priv.o: common/priv.c common/limits.h common/log.h \
 common/priv.h
common/limits.h:
common/log.h:
common/priv.h:
