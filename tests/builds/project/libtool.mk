# Plain make, with LIBTOOL for the libraries: one that was configured for CC and CXX, since it links with those it knows.
# KIND: -shared or -static, what the ledger is.
all: ledger
checksum.lo: $(S)/checksum.c
	$(LIBTOOL) --silent --mode=compile --tag=CC $(CC) $(CFLAGS) -c $< -o $@
ledger.lo: $(S)/ledger.c
	$(LIBTOOL) --silent --mode=compile --tag=CC $(CC) $(CFLAGS) -c $< -o $@
history.lo: $(S)/history.cc
	$(LIBTOOL) --silent --mode=compile --tag=CXX $(CXX) $(CXXFLAGS) -c $< -o $@
libchecksum.la: checksum.lo
	$(LIBTOOL) --silent --mode=link --tag=CC $(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@
libledger.la: ledger.lo history.lo libchecksum.la
	$(LIBTOOL) --silent --mode=link --tag=CXX $(CXX) $(KIND) $(CXXFLAGS) $(LDFLAGS) -rpath $(CURDIR) $^ -o $@
main.o: $(S)/main.c
	$(CC) $(CFLAGS) $(PROGRAM_CFLAGS) -c $< -o $@
ledger: main.o libledger.la
	$(LIBTOOL) --silent --mode=link --tag=CXX $(CXX) $(CXXFLAGS) $(LDFLAGS) $(PROGRAM_LDFLAGS) $^ -o $@
