build-asan/obj/common/config_url.o: common/config_url.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
