build-asan/obj/common/selfstat.o: common/selfstat.c common/priv.h \
 common/selfstat.h common/limits.h
common/priv.h:
common/selfstat.h:
common/limits.h:
