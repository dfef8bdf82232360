build-asan/obj/common/config.o: common/config.c common/config_private.h \
 common/config.h common/log.h common/config_keys.def common/hostname.h \
 common/limits.h common/utf8.h
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
common/hostname.h:
common/limits.h:
common/utf8.h:
