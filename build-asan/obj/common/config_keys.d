build-asan/obj/common/config_keys.o: common/config_keys.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
