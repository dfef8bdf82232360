build-asan/obj/common/msgscan.o: common/msgscan.c common/limits.h \
 common/msgscan.h
common/limits.h:
common/msgscan.h:
