build-asan/obj/common/config_proxy.o: common/config_proxy.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
