// Tkrzw's mapped files, for the kill rounds. Compiled with each library; DATABASE is HashDBM or TreeDBM:
//   tkrzw_hash, tkrzw_tree   Synchronize writes into the file that it is closed, hands it to a file
//                            processor of ours, which syncs it, and writes that it is open again
//   tkrzw_hash_hard          (HARD defined) Synchronize(true): all of the file is synced before that mark
//                            is written, and then the mark
// The second leaves two commits, and the file of the first says that it was not closed: Tkrzw then restores
// it when it opens it, and the check says "repaired".
#include <fcntl.h>
#include <tkrzw_dbm_hash.h>
#include <tkrzw_dbm_tree.h>
#include <unistd.h>

#include <algorithm>

#include "subject.h"

namespace {

using records::Operation;
using records::Records;
using tkrzw::Status;
using Database = tkrzw::DATABASE;

void demand(const Status &status, const char *what) {
  if (status != Status::SUCCESS) quit(EXIT_USAGE, "%s: %s", what, tkrzw::ToString(status).c_str());
}
void must_be_readable(const Status &status, const char *what) {
  if (status != Status::SUCCESS) quit(EXIT_DAMAGED, "damaged: %s: %s", what, tkrzw::ToString(status).c_str());
}

class Sync : public tkrzw::DBM::FileProcessor {
 public:
  void Process(const std::string &path) override {
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0 || fdatasync(fd) != 0 || ::close(fd) != 0)
      quit(EXIT_USAGE, "%s: cannot sync: %m", path.c_str());
  }
};

// Tkrzw makes a new file large, maps it, and only then writes into it what it is. Killed before its first
// Synchronize, it has committed nothing: the file is as it was mapped, all zeros (without Snapshot a power
// cut leaves the same), and Tkrzw refuses to open it. So this is a database that does not exist yet.
void remove_if_never_committed(const char *file) {
  const int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  char page[4096];
  bool zeros = true;
  for (ssize_t n = 1; zeros && n > 0;) {
    n = read(fd, page, sizeof page);
    zeros = n >= 0 && std::all_of(page, page + n, [](char c) { return c == 0; });
  }
  ::close(fd);
  if (zeros && unlink(file) != 0) quit(EXIT_USAGE, "%s: cannot be removed: %m", file);
}

class Tkrzw : public real_programs::Store {
 public:
  void open(const char *file) override {
    remove_if_never_committed(file);
    Database::TuningParameters parameters;
    parameters.num_buckets = 997;
    must_be_readable(database_.OpenAdvanced(file, true, tkrzw::File::OPEN_DEFAULT, parameters), "Open");
    if (database_.IsAutoRestored()) fprintf(stderr, "repaired\n");
    check_is(database_.IsHealthy(), "not healthy", 0);
  }

  Records read_all() override {
    Records all;
    auto iterator = database_.MakeIterator();
    must_be_readable(iterator->First(), "First");
    std::string key, value, again;
    Status status;
    while ((status = iterator->Get(&key, &value)) == Status::SUCCESS) {
      must_be_readable(database_.Get(key, &again), key.c_str());
      check_is(value == again, "a record has two values", all.size());
      check_is(all.emplace(key, value).second, "a record is there twice", all.size());
      must_be_readable(iterator->Next(), "Next");
    }
    if (status != Status::NOT_FOUND_ERROR) must_be_readable(status, "Get");
    check_is(database_.CountSimple() == static_cast<int64_t>(all.size()), "the number of records",
             all.size());
    return all;
  }

  void begin() override {}

  void perform(const Operation &o) override {
    if (o.kind == Operation::set) demand(database_.Set(o.key, o.value), "Set");
    if (o.kind == Operation::append) demand(database_.Append(o.key, o.value), "Append");
    if (o.kind != Operation::remove) return;
    const Status status = database_.Remove(o.key);
    if (status != Status::NOT_FOUND_ERROR) demand(status, "Remove");
  }

  void commit() override {
#ifdef HARD
    demand(database_.Synchronize(true), "Synchronize");
#else
    Sync sync;
    demand(database_.Synchronize(false, &sync), "Synchronize");
#endif
  }

  void close() override { demand(database_.Close(), "Close"); }

 private:
  Database database_;
};

}  // namespace

int main(int argc, char **argv) {
  Tkrzw tkrzw;
  return real_programs::main_of(tkrzw, argc, argv);
}
