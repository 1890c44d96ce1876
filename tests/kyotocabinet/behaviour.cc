// What a program sees of a Kyoto Cabinet database: mappings smaller than the file, growth beyond them,
// defragmenting, transactions that are committed and aborted, copies, a kill. Prints what it sees; compiled
// with plain Kyoto Cabinet and with the port, it must print the same (behaviour.sh). usage: behaviour
// DIRECTORY
#include <kchashdb.h>
#include <kcplantdb.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace kc = kyotocabinet;

namespace {

std::string directory;

void require(bool holds, const char *what, const kc::BasicDB &db) {
  if (holds) return;
  std::printf("FAILED: %s: %s: %s\n", what, db.error().name(), db.error().message());
  std::exit(1);
}

std::string key(int i) { return "key-" + std::to_string(i); }
std::string value(int i, std::size_t bytes) {
  return std::to_string(i) + std::string(bytes, char('a' + i % 26));
}

// The records in no particular order, as one number.
std::uint64_t digest(kc::BasicDB &db) {
  class Sum : public kc::DB::Visitor {
   public:
    const char *visit_full(const char *k, size_t kn, const char *v, size_t vn, size_t *) override {
      sum += kc::hashmurmur(k, kn) * 31 + kc::hashmurmur(v, vn);
      return NOP;
    }
    std::uint64_t sum = 0;
  } sum;
  require(db.iterate(&sum, false), "iterate", db);
  return sum.sum;
}

void show(const char *what, kc::BasicDB &db) {
  std::printf("%s: %" PRId64 " records, %" PRId64 " bytes, %016" PRIx64 "\n", what, db.count(), db.size(),
              digest(db));
}

void fill(kc::BasicDB &db, int from, int to, std::size_t bytes) {
  for (int i = from; i < to; ++i) require(db.set(key(i), value(i, bytes)), "set", db);
}

void remove(kc::BasicDB &db, int from, int to, int step) {
  for (int i = from; i < to; i += step) require(db.remove(key(i)), "remove", db);
}

void begin(kc::BasicDB &db, bool hard = false) {
  require(db.begin_transaction(hard), "begin_transaction", db);
}
void end(kc::BasicDB &db, bool commit) { require(db.end_transaction(commit), "end_transaction", db); }

template <typename Database>
void open(Database &db, const std::string &name, std::int64_t map, std::uint32_t mode = 0) {
  db.tune_buckets(1009);
  if (map >= 0) db.tune_map(map);
  require(db.open(directory + "/" + name, Database::OWRITER | Database::OCREATE | mode), "open", db);
}

void close(kc::BasicDB &db) { require(db.close(), "close", db); }

std::int64_t file_bytes(const std::string &name) {
  struct stat st;
  return stat((directory + "/" + name).c_str(), &st) == 0 ? st.st_size : -1;
}

template <typename Database>
void show_file(const char *what, const std::string &name) {
  Database db;
  open(db, name, -1);
  show(what, db);
  close(db);
  std::printf("%s: file of %" PRId64 " bytes\n", what, file_bytes(name));
}

template <typename Database>
void growth_beyond_the_mapping(std::int64_t map) {
  Database db;
  open(db, "growing", map, Database::OTRUNCATE);
  fill(db, 0, 2000, 100);
  show("filled", db);
  fill(db, 1500, 3000, 700);  // overwritten with more, and appended
  require(db.append(key(7), "appended"), "append", db);
  show("grown", db);
  begin(db);
  fill(db, 2900, 4000, 900);
  remove(db, 0, 500, 1);
  end(db, false);
  show("growth and removals aborted", db);
  begin(db, true);
  fill(db, 2900, 3500, 20000);
  end(db, true);
  show("growth committed", db);
  close(db);
  show_file<Database>("opened again", "growing");
}

template <typename Database>
void aborts(std::int64_t map) {
  Database db;
  open(db, "aborts", map, Database::OTRUNCATE);
  fill(db, 0, 3000, 60);
  remove(db, 0, 3000, 3);
  require(db.set("outside", "of any transaction"), "set", db);
  const std::uint64_t before = digest(db);
  const auto same = [&](const char *what) {
    end(db, false);
    std::printf("%s: %s\n", what, digest(db) == before && db.count() == 2001 ? "as before" : "CHANGED");
  };
  begin(db);
  same("nothing aborted");
  begin(db);
  fill(db, 0, 9000, 60);
  same("an aborted growth");
  begin(db);
  remove(db, 1, 3000, 3);
  same("aborted removals");
  begin(db);
  fill(db, 0, 9000, 60);  // more than 4,096 changed lines in what clear() cuts off
  require(db.clear(), "clear", db);
  same("an aborted clear");
  begin(db);
  require(db.clear(), "clear", db);
  fill(db, 0, 100, 5000);
  same("an aborted clear with records after it");
  begin(db);
  fill(db, 10000, 10100, 10);
  require(db.synchronize(true), "synchronize", db);
  same("an abort after a synchronize");
  begin(db);
  fill(db, 10000, 10100, 10);
  close(db);  // aborts
  open(db, "aborts", map);
  std::printf("closed within a transaction: %s\n", digest(db) == before ? "as before" : "CHANGED");
  close(db);
  show_file<Database>("opened again", "aborts");
}

void defragmenting(std::int64_t map) {
  kc::HashDB db;
  db.tune_defrag(4);
  open(db, "fragments", map, kc::HashDB::OTRUNCATE);
  fill(db, 0, 2000, 400);
  remove(db, 0, 2000, 2);
  require(db.defrag(0), "defrag", db);
  show("defragmented", db);
  begin(db);
  remove(db, 1, 2000, 4);
  require(db.defrag(0), "defrag", db);
  end(db, false);
  show("a defragmentation aborted", db);
  fill(db, 5000, 5500, 300);
  show("filled again", db);
  close(db);
  show_file<kc::HashDB>("opened again", "fragments");
}

template <typename Database>
void copies_and_synchronize() {
  Database db;
  open(db, "copied", 64 << 10, Database::OTRUNCATE);
  fill(db, 0, 1500, 200);
  require(db.copy(directory + "/copy"), "copy", db);
  fill(db, 1500, 1600, 200);
  show_file<Database>("a copy", "copy");
  require(db.synchronize(false), "synchronize", db);
  // As another process sees it, which knows nothing of this one's memory.
  require(std::system(("cp " + directory + "/copied " + directory + "/outside").c_str()) == 0, "cp", db);
  // The records only: plain Kyoto Cabinet takes such a copy for one that was not closed, and reorganizes it.
  Database outside;
  open(outside, "outside", -1);
  std::printf("copied from outside: %" PRId64 " records, %016" PRIx64 "\n", outside.count(), digest(outside));
  close(outside);
  require(db.dump_snapshot(directory + "/dump"), "dump_snapshot", db);
  require(db.clear(), "clear", db);
  require(db.load_snapshot(directory + "/dump"), "load_snapshot", db);
  std::printf("dumped and loaded: %" PRId64 " records, %016" PRIx64 "\n", db.count(), digest(db));
  close(db);
}

template <typename Database>
void modes(std::uint32_t mode) {
  Database db;
  open(db, "mode", 64 << 10, Database::OTRUNCATE | mode);
  fill(db, 0, 300, 300);
  remove(db, 0, 300, 5);
  require(db.synchronize(true), "synchronize", db);
  fill(db, 100, 400, 100);
  show("each update by itself", db);
  close(db);
  show_file<Database>("opened again", "mode");
}

// Killed without a close: each update was a transaction of its own.
template <typename Database>
void killed() {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    Database db;
    open(db, "killed", -1, Database::OTRUNCATE | Database::OAUTOTRAN);
    fill(db, 0, 1000, 50);
    remove(db, 0, 1000, 7);
    kill(::getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  Database db;
  open(db, "killed", -1);
  std::printf("killed: %" PRId64 " records, %016" PRIx64 "\n", db.count(), digest(db));
  close(db);
}

void threads() {
  kc::HashDB db;
  open(db, "threads", 64 << 10, kc::HashDB::OTRUNCATE);
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t)
    writers.emplace_back([t, &db] {
      for (int i = 0; i < 20; ++i) {
        begin(db);
        fill(db, 1000 * t + 10 * i, 1000 * t + 10 * i + 10, 500);
        end(db, true);
      }
    });
  for (std::thread &w : writers) w.join();
  std::printf("four threads: %" PRId64 " records, %016" PRIx64 "\n", db.count(), digest(db));
  close(db);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  directory = argv[1];
  for (const std::int64_t map : {-1l, 0l, 4096l, 50000l, 1l << 20, 1l << 30}) {
    std::printf("mapping %" PRId64 "\n", map);
    growth_beyond_the_mapping<kc::HashDB>(map);
    growth_beyond_the_mapping<kc::TreeDB>(map);
    aborts<kc::HashDB>(map);
    aborts<kc::TreeDB>(map);
    defragmenting(map);
  }
  copies_and_synchronize<kc::HashDB>();
  copies_and_synchronize<kc::TreeDB>();
  for (const std::uint32_t mode : {kc::HashDB::OAUTOTRAN, kc::HashDB::OAUTOSYNC}) {
    modes<kc::HashDB>(mode);
    modes<kc::TreeDB>(mode);
  }
  killed<kc::HashDB>();
  killed<kc::TreeDB>();
  threads();
  return 0;
}
