// Transactions on a Kyoto Cabinet database, for the kill rounds (tests/e2e/kill_rounds.h). The command line
// and the exit statuses are those of examples/example.h.
//
// Compiled four times: DATABASE is HashDB or TreeDB, and WITH_SNAPSHOT is defined for the ported Kyoto
// Cabinet. How a batch of operations is made one:
//   KYOTOCABINET_PORT, KYOTOCABINET_PLAIN   transactions (default), hard, auto, synchronize, none
// auto is transactions in a database opened with OAUTOTRAN; only there plain Kyoto Cabinet does not
// reorganize a file that was not closed. With transactions there is a synchronize now and then.
//
// Every operation depends on the seed and its number alone; the record "counter" tells how many there were.
// Before many a batch there is a transaction that does damage and is aborted. A check computes the records
// that there must be in a map, outside of the file, and compares all of them both ways. When Kyoto Cabinet
// had to reorganize the file to open it, the check says "repaired".
#include <kchashdb.h>
#include <kcplantdb.h>

#include <string>

#include "records.h"

namespace {

using namespace records;
using Database = kyotocabinet::DATABASE;

constexpr int64_t mapped_bytes = 256 << 10;  // much less than the file will have
constexpr int64_t all_bytes = 64 << 20;      // more: Kyoto Cabinet's default

[[noreturn]] void fail(const Database &database, const char *what) {
  quit(EXIT_USAGE, "%s: %s: %s", what, database.error().name(), database.error().message());
}

void perform(const Operation &o, Database &database) {
  bool done = true;
  if (o.kind == Operation::set) done = database.set(o.key, o.value);
  if (o.kind == Operation::append) done = database.append(o.key, o.value);
  if (o.kind == Operation::remove)
    done = database.remove(o.key) || database.error() == kyotocabinet::BasicDB::Error::NOREC;
  if (!done) fail(database, "operation");
}

uint64_t read_counter(Database &database) {
  std::string text;
  return database.get(counter_key, &text) ? std::strtoull(text.c_str(), nullptr, 10) : 0;
}

// Hears of a repair, which the status of a TreeDB does not tell.
class Listener : public kyotocabinet::BasicDB::Logger {
 public:
  void log(const char *, int32_t, const char *, Kind, const char *message) override {
    if (strstr(message, "reorganizing") != nullptr) fprintf(stderr, "repaired\n");
  }
} listener;

std::string how_to_commit() {
#ifdef WITH_SNAPSHOT
  const char *how = getenv("KYOTOCABINET_PORT");
#else
  const char *how = getenv("KYOTOCABINET_PLAIN");
#endif
  if (how == nullptr) return "transactions";
  for (const char *known : {"transactions", "hard", "auto", "synchronize", "none"})
    if (strcmp(how, known) == 0) return how;
  quit(EXIT_USAGE, "%s is no way to commit", how);
}

void open(Database &database, const options &options, uint32_t mode) {
  database.tune_logger(&listener, Listener::WARN);
  // Unmodified, a synchronize is an msync of the mapping, which has to be all of the file to be one commit,
  // and an fsync.
  database.tune_map(how_to_commit() == "synchronize" ? all_bytes : mapped_bytes);
  database.tune_buckets(997);
  database.tune_defrag(8);
  if (!database.open(options.file, Database::OWRITER | mode)) {
    fprintf(stderr, "damaged: cannot be opened: %s\n", database.error().message());
    exit(EXIT_DAMAGED);
  }
}

class Batches {
 public:
  Batches(Database &database, const options &options)
      : database_(database), options_(options), how_(how_to_commit()) {}

  void run() {
    for (uint64_t done = read_counter(database_); done < options_.operations;) {
      if (in_transactions() && random_number(options_.seed + 1, done) % 3 == 0) abort_one(done);
      begin();
      const uint64_t end =
          std::min(done - done % options_.commit_every + options_.commit_every, options_.operations);
      while (done < end) {
        perform(operation(options_.seed, done), database_);
        if (!database_.set(counter_key, std::to_string(++done))) fail(database_, "counter");
      }
      commit();
      report_progress(&options_, done);
      if (in_transactions() && random_number(options_.seed + 4, done) % 4 == 0 &&
          !database_.synchronize(true))
        fail(database_, "synchronize");
    }
  }

 private:
  bool in_transactions() const { return how_ != "synchronize" && how_ != "none"; }
  void begin() {
    if (in_transactions() && !database_.begin_transaction(how_ == "hard"))
      fail(database_, "begin_transaction");
  }
  void commit() {
    if (in_transactions() && !database_.end_transaction(true)) fail(database_, "end_transaction");
    if (how_ == "synchronize" && !database_.synchronize(true)) fail(database_, "synchronize");
  }
  // Overwrites, removes, lets the file grow, and sometimes empties it.
  void abort_one(uint64_t number) {
    begin();
    const uint64_t dice = random_number(options_.seed + 2, number);
    if (dice % 8 == 0 && !database_.clear()) fail(database_, "clear");
    for (uint64_t i = 0; i < dice % 50; ++i) perform(operation(options_.seed + 3, number + i), database_);
    if (!database_.set(counter_key, "999999999")) fail(database_, "counter");
    if (!database_.end_transaction(false)) fail(database_, "end_transaction(false)");
  }

  Database &database_;
  const options &options_;
  const std::string how_;
};

// Whether the database has exactly these records. Says which one is wrong.
bool holds(Database &database, const Records &expected, std::string *wrong) {
  class Comparison : public kyotocabinet::DB::Visitor {
   public:
    Comparison(const Records &expected, std::string *wrong) : expected_(expected), wrong_(wrong) {}
    const char *visit_full(const char *key, size_t key_bytes, const char *value, size_t bytes,
                           size_t *) override {
      const std::string name(key, key_bytes);
      if (name == counter_key) return NOP;
      const auto found = expected_.find(name);
      if (found == expected_.end() || found->second != std::string(value, bytes)) *wrong_ = name;
      ++seen;
      return NOP;
    }
    size_t seen = 0;

   private:
    const Records &expected_;
    std::string *wrong_;
  } comparison(expected, wrong);
  if (!database.iterate(&comparison, false)) *wrong = "(iterate)";
  if (comparison.seen != expected.size()) *wrong = "(a record is missing, or one too many)";
  for (const auto &[key, value] : expected) {
    std::string text;
    if (!database.get(key, &text) || text != value) *wrong = key;
  }
  const int64_t counter = database.check(counter_key) >= 0 ? 1 : 0;
  if (database.count() != static_cast<int64_t>(expected.size()) + counter) *wrong = "(count)";
  return wrong->empty();
}

void check(Database &database, const options &options) {
  const uint64_t counter = read_counter(database);
  Records expected = after(options.seed, counter);
  std::string wrong;
  bool sound = holds(database, expected, &wrong);
  if (!sound && options.commit_every != 0) {
    // Between an operation and its counter: sound, but nothing that a commit left.
    std::string ignored;
    perform(operation(options.seed, counter), expected);
    if (holds(database, expected, &ignored))
      printf("%" PRIu64 "\n", counter), quit(EXIT_NOT_COMMITTED, "one operation more than the counter says");
  }
  if (!sound) quit(EXIT_DAMAGED, "damaged: %s, at %" PRIu64 " operations", wrong.c_str(), counter);
  finish_check(&options, counter);
}

}  // namespace

int main(int argc, char **argv) {
  const options options = parse_options(argc, argv, 64);
  Database database;
  if (is_command(&options, "run")) {
    open(database, options, Database::OCREATE | (how_to_commit() == "auto" ? Database::OAUTOTRAN : 0));
    Batches(database, options).run();
  } else {
    open(database, options, 0);
    check(database, options);
  }
  if (!database.close()) fail(database, "close");
  return 0;
}
