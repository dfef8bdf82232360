build-asan/obj/common/config_file.o: common/config_file.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def common/limits.h
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
common/limits.h:
