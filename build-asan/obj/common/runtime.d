build-asan/obj/common/runtime.o: common/runtime.c common/config.h \
 common/log.h common/config_keys.def common/runtime.h
common/config.h:
common/log.h:
common/config_keys.def:
common/runtime.h:
