build-asan/obj/common/frame.o: common/frame.c common/frame.h \
 common/limits.h
common/frame.h:
common/limits.h:
