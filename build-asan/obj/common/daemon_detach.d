build-asan/obj/common/daemon_detach.o: common/daemon_detach.c \
 common/daemon.h common/clock.h common/config.h common/log.h \
 common/config_keys.def common/priv.h common/schema.h common/limits.h \
 common/strview.h common/schema.def common/version.h \
 common/daemon_private.h common/selfstat.h common/unixsock.h
common/daemon.h:
common/clock.h:
common/config.h:
common/log.h:
common/config_keys.def:
common/priv.h:
common/schema.h:
common/limits.h:
common/strview.h:
common/schema.def:
common/version.h:
common/daemon_private.h:
common/selfstat.h:
common/unixsock.h:
