# ocrdyn. `make` builds one static binary with musl (Debian: musl-tools,
# libbearssl-dev); `make CC=cc` a dynamic one with the system's libc, for
# development; `make BEARSSL=DIR` takes a BearSSL source tree built there.

VERSION = 1.0.0
ifeq ($(origin CC),default)
CC = musl-gcc
endif
HOSTCC = cc
CFLAGS = -Os
PREFIX = /usr/local
MANDIR = $(PREFIX)/share/man
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
CA_BUNDLE = /etc/ssl/certs/ca-certificates.crt

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wvla -Wstrict-prototypes
# Debian's headers come after the libc's own: musl-gcc has no /usr/include, nor
# the folder of libbearssl.a
BEARSSL_INC = -idirafter /usr/include
BEARSSL_LIB = -lbearssl
ifneq ($(filter %musl-gcc,$(CC)),)
# Debian compiles BearSSL with _FORTIFY_SOURCE, so that it calls functions that
# only glibc has. The linker takes the plain ones of musl for them.
STATIC = -static -s -Wl,--defsym=__memcpy_chk=memcpy \
	-Wl,--defsym=__memmove_chk=memmove -Wl,--defsym=__memset_chk=memset
FIXED = -fno-pie
BEARSSL_LIB = $(shell $(HOSTCC) -print-file-name=libbearssl.a)
endif
ifdef BEARSSL
BEARSSL_INC = -isystem $(BEARSSL)/inc
BEARSSL_LIB = $(BEARSSL)/build/libbearssl.a
endif
# of the machine that builds, for mkanchors
HOST_LIB = $(BEARSSL_LIB)

COMPILE = $(CC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -ffunction-sections \
	-fdata-sections -fno-asynchronous-unwind-tables $(FIXED) \
	-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 "-ffile-prefix-map=$(CURDIR)=." \
	-DOCRDYN_VERSION='"$(VERSION)"' -I. $(BEARSSL_INC)
LINK = $(CC) $(CFLAGS) -Wl,--gc-sections $(STATIC) $(LDFLAGS)

# the folders of DESIGN.md's layout; include paths begin at this one
ROOMS = base net http rows cloudinary aws dynamodb cli commands
SOURCES = $(filter-out net/mkanchors.c,$(wildcard *.c $(ROOMS:%=%/*.c)))
OBJECTS = $(SOURCES:%.c=build/%.o) build/roots.o

all: ocrdyn

ocrdyn: $(OBJECTS)
	$(LINK) -o $@ $(OBJECTS) $(BEARSSL_LIB)

build/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

-include $(OBJECTS:.o=.d)

# most of the CPU time of a run is spent here
build/json.o: CFLAGS = -O2

build/roots.o: build/roots.c Makefile
	$(COMPILE) -MMD -MP -c -o $@ $<

# the trust anchors of this machine's bundle, as C source
build/roots.c: build/mkanchors $(CA_BUNDLE)
	build/mkanchors $(CA_BUNDLE) > $@.tmp
	mv $@.tmp $@

MKANCHORS = net/mkanchors.c net/anchors.c net/cert.c base/buf.c base/clock.c \
	base/text.c base/error.c
build/mkanchors: $(MKANCHORS) $(wildcard base/*.h net/*.h) Makefile
	@mkdir -p $(@D)
	$(HOSTCC) -std=c11 -D_GNU_SOURCE -O1 -I. $(BEARSSL_INC) -o $@ $(MKANCHORS) \
		$(HOST_LIB)

install: ocrdyn
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANDIR)/man1
	install -m 755 ocrdyn $(DESTDIR)$(PREFIX)/bin/ocrdyn
	install -m 644 ocrdyn.1 $(DESTDIR)$(MANDIR)/man1/ocrdyn.1
	# what was built for another machine cannot print these
	! ./ocrdyn -V >/dev/null 2>&1 || for to in bash:$(BASHDIR)/ocrdyn \
		zsh:$(ZSHDIR)/_ocrdyn fish:$(FISHDIR)/ocrdyn.fish; do \
		./ocrdyn --completion $${to%%:*} >build/completion && install -D \
			-m 644 build/completion "$(DESTDIR)$${to#*:}" || exit; done

# ---- tests (tests/README.md explains all of it)

# Unit tests and the drivers of the differential tests, each linked with the
# whole program as a library. Another folder UNITS, with another TESTCC, has
# them all once more (tests/long/variants.sh).
UNITS = build/units
TESTFLAGS = -std=c11 -D_GNU_SOURCE $(WARN) -g -O1
TESTCC = cc $(TESTFLAGS) -fsanitize=address,undefined -fno-sanitize-recover=all
TESTLIB = -lbearssl
TESTS = $(patsubst tests/unit/%.c,$(UNITS)/%,$(wildcard tests/unit/test_*.c \
	tests/unit/*_filter.c))
TEST_OBJECTS = $(SOURCES:%.c=$(UNITS)/%.o) $(UNITS)/roots.o
COMPILE_TEST = $(TESTCC) -DOCRDYN_VERSION='"$(VERSION)"' -I. -MMD -MP

$(UNITS)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE_TEST) -c -o $@ $<
$(UNITS)/roots.o: build/roots.c
	@mkdir -p $(@D)
	$(COMPILE_TEST) -c -o $@ $<
$(UNITS)/libocrdyn.a: $(filter-out %/ocrdyn.o,$(TEST_OBJECTS))
	rm -f $@
	ar rcs $@ $^
$(filter-out build/units/test_sigv4 build/units/test_image,$(TESTS)): $(UNITS)/%: tests/unit/%.c \
		$(UNITS)/libocrdyn.a
	$(COMPILE_TEST) -o $@ $< $(UNITS)/libocrdyn.a $(TESTLIB)
$(UNITS)/test_anchors: private COMPILE_TEST += -DCA_BUNDLE='"$(CA_BUNDLE)"'
# the program, as the integration tests run it with OCRDYN=$(UNITS)/ocrdyn
$(UNITS)/ocrdyn: $(UNITS)/ocrdyn.o $(UNITS)/libocrdyn.a
	$(TESTCC) -o $@ $^ $(TESTLIB)
# It looks for keys that are left on the stack, which AddressSanitizer moves.
build/units/test_sigv4: TESTCC = cc $(TESTFLAGS) -fsanitize=undefined
build/units/test_sigv4: tests/unit/test_sigv4.c sigv4.c base/buf.c base/text.c base/error.c
	$(COMPILE_TEST) -o $@ $^ $(TESTLIB)

# It visits a million states.
build/units/test_image: TESTCC = cc $(TESTFLAGS) -O2 -fsanitize=undefined \
	-fno-sanitize-recover=all
build/units/test_image: tests/unit/test_image.c cloudinary/image.c
	$(COMPILE_TEST) -o $@ $^

-include $(TEST_OBJECTS:.o=.d) $(TESTS:=.d)

units: $(TESTS)

demo:
	tests/setup.sh demo
	$(MAKE) --no-print-directory all
	/usr/bin/python3 tests/demo/demo.py

# the picture of it in README.md
recording:
	tests/setup.sh recording
	$(MAKE) --no-print-directory all
	tests/demo/record.sh

# what shows a contributor that the program works
check:
	tests/setup.sh check
	$(MAKE) --no-print-directory -j 2 all units
	tests/check.sh check

# all tests
check-all:
	tests/setup.sh check
	$(MAKE) --no-print-directory -j 2 all units
	tests/check.sh check rest

# the sources and static binaries of all machines, in dist/
dist:
	tests/setup.sh dist
	packaging/dist.sh

# the integration tests on those binaries, an hour; CROSS=FILE... is some
CROSS = tests/cli
check-cross: dist
	tests/setup.sh check
	tests/long/cross.sh $(CROSS)

clean:
	rm -rf build dist ocrdyn

# longer than the few seconds of it in check: each target for FUZZ seconds
FUZZ = 60
fuzz:
	tests/setup.sh check
	tests/fuzz/fuzz.sh $(FUZZ)

# what check does in part: see tests/long/variants.sh
check-sanitize: all
	tests/setup.sh check
	tests/long/variants.sh memory
	BUILD=build/memory /usr/bin/python3 -m pytest -q -p no:cacheprovider \
		tests/conformance/test_json_peers.py \
		tests/conformance/test_rows_peers.py \
		tests/conformance/test_sigv4_peers.py
	tests/long/variants.sh unsigned
	tests/long/variants.sh sanitized
check-valgrind: all
	tests/setup.sh check
	tests/long/variants.sh valgrind
	tests/long/variants.sh memchecked tests/cli/test_credentials.py \
		tests/cli/test_tls.py tests/cli/test_run.py
check-cross-units:
	tests/setup.sh check
	tests/long/variants.sh arm-signed
	tests/long/variants.sh arm-unsigned
	tests/long/variants.sh s390x-signed
	tests/long/variants.sh s390x-unsigned

# lines and branches that unit and integration tests reach, for each file
coverage:
	tests/setup.sh check
	tests/long/coverage.sh

# memory, connections and pace over 200,000 images
soak: all
	/usr/bin/python3 tests/long/soak.py

# compares ocrdyn with other ways to do its job, and json.c with yajl
ROUNDS = 7
# what floor needs to load a CA and verify certificates
TRUST = $(addprefix net/,anchors.c cert.c tcp.c x509.c) base/buf.c base/clock.c \
	base/text.c base/wait.c base/error.c
JSON_SOURCES = json.c base/buf.c base/text.c base/error.c
BENCH = build/measure build/floor build/curl_yajl build/bench_json
bench:
	tests/setup.sh bench
	$(MAKE) --no-print-directory all $(BENCH)
	/usr/bin/python3 tests/bench/run.py $(ROUNDS)

build/measure: tests/bench/measure.c
	$(LINK) -o $@ $<
build/floor: tests/bench/floor.c $(TRUST) build/roots.o
	$(COMPILE) -O2 $(STATIC) -o $@ $^ $(BEARSSL_LIB)
build/curl_yajl: tests/bench/curl_yajl.c
	cc -std=c11 -D_GNU_SOURCE $(WARN) -O2 -o $@ $< -lcurl -lyajl
build/bench_json: tests/bench/bench_json.c $(JSON_SOURCES:%.c=build/%.o)
	$(HOSTCC) -std=c11 -D_GNU_SOURCE -O2 -no-pie -I. -o $@ $^ -lyajl

# memory, time and rows of one run over N ids
N = 1000000
scale:
	tests/setup.sh check
	$(MAKE) --no-print-directory all
	/usr/bin/python3 tests/long/scale.py $(N)

# counts the instructions of each function of json.c. Nothing is inlined, so
# each function shows, with the costs of calls that are not made otherwise.
profile:
	cc -std=c11 -D_GNU_SOURCE -O2 -g -fno-inline -I. -o build/profile_json \
		tests/bench/bench_json.c $(JSON_SOURCES) -lyajl
	valgrind -q --tool=callgrind --callgrind-out-file=build/profile.out \
		--toggle-collect=json_feed build/profile_json profile
	callgrind_annotate --auto=no --threshold=99 build/profile.out

.PHONY: all install demo recording units check check-all check-sanitize check-valgrind \
	check-cross-units dist check-cross coverage fuzz soak bench scale \
	profile clean
