// Reads an LMDB database while another process writes it, as LMDB's readers do: mapped read-only, one
// transaction after another, until the file holds OPERATIONS operations. What each transaction sees must be
// the end of a batch, none older than the one before. Prints each new one's number of operations; the first
// line tells the writer that it may go on. usage: lmdb_reader run FILE OPERATIONS SEED --commit-every N
// (examples/example.h)
#include "lmdb_store.h"

int main(int argc, char **argv) {
  const options options = parse_options(argc, argv, 64);
  real_programs::Lmdb lmdb(MDB_RDONLY);
  lmdb.open(options.file);
  std::uint64_t newest = 0;
  while (newest < options.operations) {
    records::Records found = lmdb.read_all();
    const std::uint64_t counter = real_programs::counter_of(found);
    found.erase(records::counter_key);
    const std::string wrong = records::difference(records::after(options.seed, counter), found);
    if (!wrong.empty()) quit(EXIT_DAMAGED, "damaged: %s, at %" PRIu64, wrong.c_str(), counter);
    check_is(counter >= newest, "older than what was seen before", counter);
    check_is(counter % options.commit_every == 0, "in the midst of a batch", counter);
    if (counter != newest) printf("%" PRIu64 "\n", counter), fflush(stdout);
    newest = counter;
  }
  lmdb.close();
  return 0;
}
