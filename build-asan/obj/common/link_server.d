build-asan/obj/common/link_server.o: common/link_server.c common/limits.h \
 common/link_private.h common/link.h common/batch.h common/schema.h \
 common/strview.h common/schema.def common/log.h
common/limits.h:
common/link_private.h:
common/link.h:
common/batch.h:
common/schema.h:
common/strview.h:
common/schema.def:
common/log.h:
