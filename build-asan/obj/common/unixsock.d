build-asan/obj/common/unixsock.o: common/unixsock.c common/limits.h \
 common/unixsock.h
common/limits.h:
common/unixsock.h:
