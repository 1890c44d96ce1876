// A database under the kill rounds (tests/e2e/kill_rounds.h): batches of operations on its records, each made
// one by a commit, and the check that the file holds all of the first so many batches, record by record, and
// nothing else (tests/support/records.h). The command line and the exit statuses are those of
// examples/example.h.
#pragma once

#include "records.h"

namespace real_programs {

// One program's way to do it. A failure ends the process (quit with EXIT_USAGE); a file that cannot be opened
// or read ends it with EXIT_DAMAGED. When the program repairs the file to open it, "repaired" and a newline
// go to standard error.
class Store {
 public:
  virtual ~Store() = default;

  virtual void open(const char *file) = 0;
  // All records, each found by walking through them and once more by its key.
  virtual records::Records read_all() = 0;

  // Of a batch of operations. Durable when commit returns.
  virtual void begin() = 0;
  virtual void perform(const records::Operation &operation) = 0;
  virtual void commit() = 0;
  // False: the batch did not fit, and nothing of it is there. It has been made to fit now.
  virtual bool fits() { return true; }
  // Does damage and takes it back, between two batches; nothing if the program cannot.
  virtual void abort_one(std::uint64_t /*number*/, std::uint64_t /*seed*/) {}

  virtual void close() = 0;
};

inline std::uint64_t counter_of(const records::Records &all) {
  const auto found = all.find(records::counter_key);
  return found == all.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
}

inline records::Operation counter_is(std::uint64_t counter) {
  return {records::Operation::set, records::counter_key, std::to_string(counter)};
}

inline void run_batches(Store &store, const options &options) {
  for (std::uint64_t done = counter_of(store.read_all()); done < options.operations;) {
    if (random_number(options.seed + 1, done) % 3 == 0) store.abort_one(done, options.seed);
    const std::uint64_t every = options.commit_every;
    const std::uint64_t end = std::min(done - done % every + every, options.operations);
    store.begin();
    for (std::uint64_t i = done; i < end; ++i) {
      store.perform(records::operation(options.seed, i));
      store.perform(counter_is(i + 1));
    }
    store.commit();
    if (!store.fits()) continue;
    done = end;
    report_progress(&options, done);
  }
}

inline void check(Store &store, const options &options) {
  records::Records found = store.read_all();
  const std::uint64_t counter = counter_of(found);
  found.erase(records::counter_key);
  records::Records expected = records::after(options.seed, counter);
  const std::string wrong = records::difference(expected, found);
  if (wrong.empty()) return finish_check(&options, counter);
  // Between an operation and its counter: sound, but nothing that a commit left.
  records::perform(records::operation(options.seed, counter), expected);
  if (!records::difference(expected, found).empty())
    quit(EXIT_DAMAGED, "damaged: %s, at %" PRIu64 " operations", wrong.c_str(), counter);
  printf("%" PRIu64 "\n", counter);
  quit(EXIT_NOT_COMMITTED, "one operation more than the counter says");
}

inline int main_of(Store &store, int argc, char **argv) {
  const options options = parse_options(argc, argv, 64);
  store.open(options.file);
  if (is_command(&options, "run"))
    run_batches(store, options);
  else
    check(store, options);
  store.close();
  return 0;
}

}  // namespace real_programs
