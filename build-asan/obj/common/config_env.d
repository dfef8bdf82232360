build-asan/obj/common/config_env.o: common/config_env.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def common/hostname.h common/limits.h
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
common/hostname.h:
common/limits.h:
