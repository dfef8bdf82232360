build-asan/obj/common/config_value.o: common/config_value.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
