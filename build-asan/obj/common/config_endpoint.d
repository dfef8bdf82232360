build-asan/obj/common/config_endpoint.o: common/config_endpoint.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def common/limits.h
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
common/limits.h:
