build-asan/obj/common/link.o: common/link.c common/clock.h common/frame.h \
 common/limits.h common/link_private.h common/link.h common/batch.h \
 common/schema.h common/strview.h common/schema.def common/log.h \
 common/unixsock.h common/version.h
common/clock.h:
common/frame.h:
common/limits.h:
common/link_private.h:
common/link.h:
common/batch.h:
common/schema.h:
common/strview.h:
common/schema.def:
common/log.h:
common/unixsock.h:
common/version.h:
