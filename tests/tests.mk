# The tests, included by the top Makefile.

# A unit test is tests/unit/test_NAME.c, linked with the objects named here.
UNIT :=
U = $(B)/obj

# unit NAME,objects,libs
define unit
UNIT += $(B)/unit/test_$(1)
$(B)/unit/test_$(1): tests/unit/test_$(1).c $(2) $(B)/libcommon.a
	@mkdir -p $$(@D)
	$$(call say,CC)$$(CC) $$(CPPFLAGS) $$(CFLAGS) -MMD -MP -o $$@ $$< $(2) \
	    $(B)/libcommon.a $$(LDFLAGS) $$(call libs,cmocka $$(PKGS_common)) $(3)
endef

$(eval $(call unit,config))
$(eval $(call unit,config_endpoint))
$(eval $(call unit,config_file))
$(eval $(call unit,diagnosis))
$(eval $(call unit,log))
$(eval $(call unit,frames))
$(eval $(call unit,http))
$(eval $(call unit,link))
$(eval $(call unit,link_refusals))
$(eval $(call unit,priv))
$(eval $(call unit,runtime))
$(eval $(call unit,utf8))
$(eval $(call unit,parse,$(U)/collectord/parse.o))
$(eval $(call unit,parse_host,$(addprefix $(U)/collectord/parse,_args.o _host.o)))
$(eval $(call unit,parse_cgroup,$(U)/collectord/parse_cgroup.o,$(call libs,jansson)))
$(eval $(call unit,parse_mountinfo,$(addprefix $(U)/collectord/parse_,mountinfo.o cgroup.o),$(call libs,jansson)))
$(eval $(call unit,parse_cgroup_files,$(addprefix $(U)/collectord/parse_,cgroup_files.o netdev.o)))
CGROUP_OBJ = $(patsubst %,$(U)/collectord/%.o,cgroup_place cgroup_read \
	cgroup_tree cgroup_walk parse_cgroup parse_cgroup_files parse_host \
	parse_mountinfo)
$(eval $(call unit,cgroup_read,$(CGROUP_OBJ),$(call libs,jansson)))
$(eval $(call unit,cgroup_tree,$(CGROUP_OBJ)))
$(eval $(call unit,cgroup_live,$(CGROUP_OBJ)))
$(eval $(call unit,cgroup_apart,$(CGROUP_OBJ)))
$(eval $(call unit,scrub,$(addprefix $(U)/collectord/scrub,.o _line.o _words.o)))
$(eval $(call unit,sysinfo,$(addprefix $(U)/collectord/,sysinfo.o sysinfo_os.o parse_host.o)))
$(eval $(call unit,filter,$(U)/collectord/filter.o,$(call libs,libpcre2-8)))
$(eval $(call unit,passwd,$(U)/taggerd/passwd.o))
TAGS_OBJ = $(patsubst %,$(U)/taggerd/%.o,exclusion facts tagstore tagstore_merge)
LIBS_tags := $(call libs,libpcre2-8)
$(eval $(call unit,exclusion,$(U)/taggerd/exclusion.o,$(LIBS_tags)))
$(eval $(call unit,facts,$(U)/taggerd/facts.o))
$(eval $(call unit,tagstore,$(TAGS_OBJ),$(LIBS_tags)))
$(eval $(call unit,tagstore_exclusion,$(TAGS_OBJ),$(LIBS_tags)))
JSON_OBJ := $(addprefix $(U)/taggerd/json_,list.o scan.o)
LIBS_json := $(call libs,jansson)
FETCH_OBJ := $(addprefix $(U)/taggerd/fetch,.o _conn.o)
LIBS_fetch := $(call libs,libevent libevent_openssl openssl)
$(eval $(call unit,fetch,$(FETCH_OBJ),$(LIBS_fetch)))
$(eval $(call unit,fetch_end,$(FETCH_OBJ),$(LIBS_fetch)))
$(eval $(call unit,broker,$(addprefix $(U)/taggerd/broker_,serve.o text.o)))
$(eval $(call unit,json_list,$(JSON_OBJ),$(LIBS_json)))
DOCKER_OBJ := $(patsubst %,$(U)/taggerd/%.o,docker_container docker_images \
	docker_json docker_ports docker_text facts) $(JSON_OBJ)
$(eval $(call unit,docker_json,$(DOCKER_OBJ),$(LIBS_json)))
$(eval $(call unit,docker_engine,$(DOCKER_OBJ),$(LIBS_json)))
$(eval $(call unit,ecs_json,$(U)/taggerd/ecs_json.o $(U)/taggerd/facts.o \
	$(JSON_OBJ),$(LIBS_json)))
$(eval $(call unit,ecs_fixtures,$(U)/taggerd/ecs_json.o $(U)/taggerd/facts.o \
	$(JSON_OBJ),$(LIBS_json)))
$(eval $(call unit,ecs_places,$(U)/taggerd/ecs_places.o $(U)/taggerd/route.o))
$(eval $(call unit,services,$(JSON_OBJ) $(addprefix $(U)/taggerd/,services.o services_json.o),$(LIBS_json)))
$(eval $(call unit,pods,$(JSON_OBJ) $(addprefix $(U)/taggerd/,facts.o pods.o pods_names.o),$(LIBS_json)))
$(eval $(call unit,pods_fields,$(JSON_OBJ) $(addprefix $(U)/taggerd/,facts.o pods.o pods_names.o),$(LIBS_json)))
$(eval $(call unit,kubelet_places,$(U)/taggerd/kubelet_places.o))
$(eval $(call unit,sandboxes,$(addprefix $(U)/taggerd/,idset.o sandboxes.o)))
$(eval $(call unit,token,$(addprefix $(U)/taggerd/,retry.o token.o),$(call libs,libevent)))
$(eval $(call unit,outbox,$(U)/taggerd/outbox.o))
$(eval $(call unit,realtime,$(U)/taggerd/realtime.o))
$(eval $(call unit,hostoffers,$(U)/taggerd/hostoffers.o $(U)/taggerd/incontainer.o))
RELAY_OBJ = $(TAGS_OBJ) $(addprefix $(U)/taggerd/,hosttags.o idset.o relay.o \
	relay_container.o)
$(eval $(call unit,relay,$(RELAY_OBJ),$(LIBS_tags)))
$(eval $(call unit,relay_bounds,$(RELAY_OBJ),$(LIBS_tags)))
$(eval $(call unit,relay_container,$(RELAY_OBJ),$(LIBS_tags)))
$(eval $(call unit,waiting,$(addprefix $(U)/taggerd/,idset.o waiting.o)))
$(eval $(call unit,resolver,$(U)/taggerd/resolver.o))
$(eval $(call unit,users,$(U)/taggerd/users.o $(U)/taggerd/passwd.o))
RULES_OBJ = $(patsubst %,$(U)/collectord/%.o,filter parse parse_args scrub \
	scrub_line scrub_words)
PROCFS_OBJ = $(patsubst %,$(U)/collectord/%.o,cgroup_place cgroup_read \
	cgroup_tree cgroup_walk parse parse_args parse_cgroup \
	parse_cgroup_files parse_host parse_mountinfo parse_netdev procfs \
	procfs_container procfs_fd procfs_files procfs_hidden procfs_parts \
	procfs_read)
$(eval $(call unit,rates,$(RULES_OBJ) $(U)/collectord/proctab.o $(U)/collectord/rates.o,$(call libs,libpcre2-8)))
$(eval $(call unit,containers,$(U)/collectord/containers.o $(U)/collectord/rates.o,-lm))
$(eval $(call unit,container_rates,$(U)/collectord/containers.o $(U)/collectord/rates.o,-lm))
$(eval $(call unit,procfs,$(PROCFS_OBJ)))
$(eval $(call unit,procfs_again,$(PROCFS_OBJ)))
$(eval $(call unit,procfs_container,$(PROCFS_OBJ)))
$(eval $(call unit,procfs_apart,$(PROCFS_OBJ)))
$(eval $(call unit,procfs_live,$(PROCFS_OBJ) $(U)/collectord/inspect.o))
$(eval $(call unit,procfs_descriptors,$(PROCFS_OBJ) $(U)/collectord/inspect.o))
UD := $(U)/ddproc
$(eval $(call unit,text,$(UD)/text.o,-lm))
MODEL_OBJ = $(patsubst %,$(UD)/%.o,contab match model model_query record text)
$(eval $(call unit,model,$(MODEL_OBJ) $(UD)/sort.o $(UD)/csort.o,-lm))
$(eval $(call unit,model_containers,$(MODEL_OBJ) $(UD)/sort.o $(UD)/csort.o,-lm))
$(eval $(call unit,match,$(MODEL_OBJ) $(UD)/sort.o $(UD)/csort.o,-lm))
$(eval $(call unit,table,$(patsubst %,$(UD)/%.o,column header sort table) $(MODEL_OBJ),-lm))
$(eval $(call unit,header,$(patsubst %,$(UD)/%.o,column header sort table) $(MODEL_OBJ),-lm))
$(eval $(call unit,ctable,$(patsubst %,$(UD)/%.o,column csort ctable text),-lm))
$(eval $(call unit,lease,$(UD)/lease.o))
$(eval $(call unit,json,$(UD)/json.o $(UD)/text.o,-lm $(call libs,jansson)))

US = $(U)/shipperd
LIBS_pb := $(call libs,libprotobuf-c libzstd)
ENCODE_OBJ = $(addprefix $(US)/,encode.o encode_container.o encode_host.o) $(U)/gen/agent.pb-c.o

$(eval $(call unit,chunk,$(US)/chunk.o))
$(eval $(call unit,payload,$(US)/payload.o,$(LIBS_pb)))
SPOOL_OBJ = $(patsubst %,$(US)/%.o,payload spool spool_check spool_clock \
	spool_db spool_dir spool_ledger spool_match spool_read spool_room \
	spool_rows spool_tables spool_trouble)
LIBS_spool := $(LIBS_pb) $(call libs,sqlite3 openssl)
QUEUE_OBJ = $(addprefix $(US)/queue,.o _next.o _spool.o) $(SPOOL_OBJ)
$(eval $(call unit,queue,$(QUEUE_OBJ),$(LIBS_spool)))
$(eval $(call unit,queue_lives,$(QUEUE_OBJ),$(LIBS_spool)))
$(eval $(call unit,queue_spool,$(QUEUE_OBJ),$(LIBS_spool)))
$(eval $(call unit,spool,$(SPOOL_OBJ),$(LIBS_spool)))
$(eval $(call unit,spool_check,$(SPOOL_OBJ),$(LIBS_spool)))
$(eval $(call unit,spool_ledger,$(SPOOL_OBJ),$(LIBS_spool)))
$(eval $(call unit,spool_room,$(SPOOL_OBJ),$(LIBS_spool)))
$(eval $(call unit,spool_start,$(SPOOL_OBJ),$(LIBS_spool)))
$(eval $(call unit,wish,$(US)/wish.o))
$(eval $(call unit,request,$(US)/request.o))
$(eval $(call unit,socks5,$(US)/socks5.o))
# The other side of their connections, and their clock.
$(U)/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
STREAM_OBJ = $(US)/stream.o $(U)/unit/peer.o
LIBS_stream := $(call libs,libevent openssl)
$(eval $(call unit,stream,$(STREAM_OBJ),$(LIBS_stream)))
$(eval $(call unit,stream_end,$(STREAM_OBJ),$(LIBS_stream)))
CONN_OBJ = $(STREAM_OBJ) $(U)/unit/still_clock.o $(patsubst %,$(US)/%.o,conn \
	conn_proxy dial payload proxy socks5)
LIBS_conn := $(LIBS_pb) $(LIBS_stream)
$(eval $(call unit,conn,$(CONN_OBJ),$(LIBS_conn)))
$(eval $(call unit,conn_fail,$(CONN_OBJ),$(LIBS_conn)))
$(eval $(call unit,conn_late,$(CONN_OBJ),$(LIBS_conn)))
$(eval $(call unit,proxy,$(US)/proxy.o,$(call libs,openssl)))
$(eval $(call unit,verdict,$(US)/verdict.o))
$(eval $(call unit,reply,$(US)/reply.o $(U)/gen/agent.pb-c.o,$(LIBS_pb)))
SNAPSHOT_OBJ = $(ENCODE_OBJ) $(addprefix $(US)/,chunk.o owners.o payload.o snapshot.o)
$(eval $(call unit,encode,$(SNAPSHOT_OBJ),$(LIBS_pb)))
$(eval $(call unit,encode_container,$(SNAPSHOT_OBJ),$(LIBS_pb)))

# What the system tests run the spool with.
UNIT += $(B)/unit/spool_drive $(B)/unit/fault.so
$(B)/unit/spool_drive: tests/system/spool_drive.c $(SPOOL_OBJ) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(SPOOL_OBJ) \
	    $(B)/libcommon.a $(LDFLAGS) $(call libs,$(PKGS_common)) $(LIBS_spool)
$(B)/unit/fault.so: tests/system/fault.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -D_GNU_SOURCE -O1 -Wall -Werror -fPIC -shared -o $@ $<

# A fuzz target is tests/fuzz/fuzz_NAME.c with seeds in tests/fuzz/seeds/NAME.
FUZZ :=
FUZZ_SECONDS ?= 30
F = build-fuzz
FUZZ_FLAGS := -std=c11 -D_GNU_SOURCE -g -O1 \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

# fuzz NAME,sources,libs
define fuzz
FUZZ += $(1)
$(F)/fuzz_$(1): tests/fuzz/fuzz_$(1).c $(2)
	@mkdir -p $$(@D)
	$$(call say,FUZZ)$$(FUZZ_CC) $$(CPPFLAGS) $(FUZZ_FLAGS) -o $$@ $$^ \
	    $$(call libs,$$(PKGS_common)) $(3)
endef

$(eval $(call fuzz,frames,common/frame.c common/schema.c common/schema_decode.c common/msgscan.c common/buf.c common/log.c common/utf8.c common/utf8_width.c))
$(eval $(call fuzz,facts,taggerd/facts.c common/log.c common/utf8.c common/utf8_width.c))
$(eval $(call fuzz,passwd,taggerd/passwd.c common/log.c common/utf8.c common/utf8_width.c))
PARSE_SRC := $(addprefix collectord/parse,.c _args.c _host.c)
FUZZ_LOG := common/log.c common/utf8.c common/utf8_width.c
$(eval $(call fuzz,stat,$(PARSE_SRC)))
$(eval $(call fuzz,status,$(PARSE_SRC)))
$(eval $(call fuzz,io,$(PARSE_SRC)))
$(eval $(call fuzz,cmdline,$(PARSE_SRC)))
$(eval $(call fuzz,sysinfo,$(PARSE_SRC)))
$(eval $(call fuzz,cgroup,collectord/parse_cgroup.c))
$(eval $(call fuzz,mountinfo,collectord/parse_mountinfo.c collectord/parse_cgroup.c))
$(eval $(call fuzz,cgroup_files,collectord/parse_cgroup_files.c))
$(eval $(call fuzz,netdev,collectord/parse_netdev.c))
$(eval $(call fuzz,scrub,$(addprefix collectord/scrub,.c _line.c _words.c) $(FUZZ_LOG)))
$(eval $(call fuzz,config,$(filter common/config%,$(SRC_common:%=common/%)) common/hostname.c $(FUZZ_LOG)))

$(eval $(call fuzz,http,common/http.c common/http_header.c common/buf.c $(FUZZ_LOG)))
$(eval $(call fuzz,connect,common/http.c common/http_header.c common/buf.c $(FUZZ_LOG)))
$(eval $(call fuzz,socks5,shipperd/socks5.c common/buf.c $(FUZZ_LOG)))
$(eval $(call fuzz,reply,shipperd/reply.c $(B)/gen/agent.pb-c.c $(FUZZ_LOG),$(LIBS_pb)))
JSON_SRC := $(addprefix taggerd/json_,list.c scan.c)
$(eval $(call fuzz,json_list,$(JSON_SRC) $(FUZZ_LOG),$(LIBS_json)))
$(eval $(call fuzz,services,$(addprefix taggerd/services,.c _json.c) $(JSON_SRC) $(FUZZ_LOG),$(LIBS_json)))
$(eval $(call fuzz,ecs,taggerd/ecs_json.c taggerd/facts.c taggerd/route.c $(JSON_SRC) common/clock.c $(FUZZ_LOG),$(LIBS_json)))
$(eval $(call fuzz,pods,$(addprefix taggerd/,facts.c pods.c pods_names.c) $(JSON_SRC) $(FUZZ_LOG),$(LIBS_json)))
$(eval $(call fuzz,fetch,$(addprefix taggerd/fetch,.c _conn.c) common/buf.c common/dns.c common/tls.c $(FUZZ_LOG),$(LIBS_fetch)))
DOCKER_SRC := $(patsubst %,taggerd/%.c,docker_container docker_json \
	docker_ports docker_text facts)
$(eval $(call fuzz,docker,$(DOCKER_SRC) $(JSON_SRC) $(FUZZ_LOG),$(LIBS_json)))
$(eval $(call fuzz,broker,taggerd/broker_text.c))

# Not a part of check: the figures need a quiet machine.
$(B)/bench/tags: tests/bench/tags.c $(TAGS_OBJ) $(JSON_OBJ) \
    $(patsubst %,$(U)/taggerd/%.o,hosttags idset pods pods_names relay \
	relay_container) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $^ $(LDFLAGS) \
	    $(call libs,$(PKGS_common)) $(LIBS_tags) $(LIBS_json)

bench-programs: $(B)/bench/tags

bench-run:
	BUILD=$(B) /usr/bin/python3 tests/bench/bench.py $(BENCH_COUNTS)
	BUILD=$(B) /usr/bin/python3 tests/bench/containers.py
	BUILD=$(B) /usr/bin/python3 tests/bench/ship.py
	BUILD=$(B) /usr/bin/python3 tests/bench/wire.py
