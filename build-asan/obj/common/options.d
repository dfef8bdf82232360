build-asan/obj/common/options.o: common/options.c common/options.h \
 common/version.h
common/options.h:
common/version.h:
