build-asan/obj/common/hostname.o: common/hostname.c common/config.h \
 common/log.h common/config_keys.def common/hostname.h
common/config.h:
common/log.h:
common/config_keys.def:
common/hostname.h:
