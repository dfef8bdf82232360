build-asan/obj/common/config_print.o: common/config_print.c \
 common/config_private.h common/config.h common/log.h \
 common/config_keys.def common/utf8.h
common/config_private.h:
common/config.h:
common/log.h:
common/config_keys.def:
common/utf8.h:
