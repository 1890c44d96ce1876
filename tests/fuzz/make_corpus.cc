// make_corpus DIRECTORY: writes the inputs that the fuzzers start from, each a data file and its log as the
// runtime's own log writer leaves them (tests/support/logged_file.h), in the form of hostile_case.h. The same
// bytes each time.
#include <iostream>

#include "base/observer.h"
#include "base/syscall.h"
#include "crash_states.h"
#include "hostile_case.h"

namespace {

using test::Change;
using test::lines_of;
using test::LoggedFile;
using test::TempDir;

constexpr test::u64 small = 1000;

// Logs get numbers of ours instead of random ones.
long call(long number, const long a[6]) {
  static unsigned char next;
  if (number != SYS_getrandom) return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  std::memset(reinterpret_cast<void *>(a[0]), ++next, static_cast<std::size_t>(a[1]));
  return a[1];
}
const snapshot::Observer observer = {call, nullptr};

class Corpus {
 public:
  explicit Corpus(const std::string &directory) : directory_(directory) {}

  // What lies on the file system now, as it is; and, for each system call that may fail, with everything
  // repaired: that changes nothing yet, but lets what comes of it go further.
  void add(const std::string &name, const std::string &data_path) {
    const std::string log = test::read_file(data_path + ".snaplog");
    fuzz::HostileCase hostile = packed(test::read_file(data_path), log);
    write(name, hostile);
    hostile.prefix.repairs = fuzz::repair_header | fuzz::repair_identity | fuzz::repair_entries |
                             fuzz::repair_record_0 | fuzz::repair_record_1;
    hostile.prefix.crash_at = 1, hostile.prefix.torn = 128;
    // Each of the calls up to the first change of a file, which is where it matters.
    for (unsigned call = 1; call <= 24; ++call) {
      hostile.prefix.fail_call = static_cast<unsigned char>(call), hostile.prefix.fail_how = 1;
      write(name + ".failing-" + std::to_string(call), hostile);
    }
  }
  void write(const std::string &name, const fuzz::HostileCase &hostile) {
    test::write_file(directory_ + "/" + name, hostile.bytes());
  }

 private:
  static fuzz::HostileCase packed(const std::string &data, const std::string &log) {
    fuzz::HostileCase out;
    fuzz::format::Header header;
    std::memcpy(&header, log.data(), sizeof header);
    header.file_inode = 42, header.file_birth_ns = 0x1797fc9e362a0000, header.owner_pid = 4321;
    header.checksum = 0;
    header.checksum =
        snapshot::hash_lines(snapshot::HashKey(fuzz::format::kMagic), 0, &header, sizeof header);
    std::memcpy(out.head.data(), log.data(), out.head.size());
    std::memcpy(out.head.data(), &header, sizeof header);
    out.prefix.inode = header.file_inode, out.prefix.birth_ns = header.file_birth_ns;
    out.prefix.log_bytes = log.size(), out.prefix.data_bytes = data.size();
    for (unsigned area = 0; area < 2; ++area) out.record[area] = record_of(log, area);
    out.data = data;
    return out;
  }
  // As far as its own numbers reach.
  static std::string record_of(const std::string &log, unsigned area) {
    fuzz::format::AreaEntry entry;
    std::memcpy(&entry, log.data() + fuzz::format::kAreaEntryOffset[area], sizeof entry);
    fuzz::format::RecordHeader header;
    if (entry.offset > log.size() - sizeof header) return {};
    std::memcpy(&header, log.data() + entry.offset, sizeof header);
    if (header.magic == fuzz::format::kAppendMagic) return appended_of(log, entry.offset);
    if (header.magic != fuzz::format::kUndoMagic && header.magic != fuzz::format::kRedoMagic) return {};
    return log.substr(entry.offset, fuzz::format::record_bytes(header.run_count, header.line_count));
  }
  static std::string appended_of(const std::string &log, snapshot::u64 begin) {
    snapshot::u64 end = begin;
    fuzz::format::RecordHeader header;
    for (;;) {
      std::memcpy(&header, log.data() + end, sizeof header);
      if (header.magic != fuzz::format::kAppendMagic) return log.substr(begin, end - begin);
      end += fuzz::format::record_bytes(header.run_count, header.line_count);
    }
  }
  std::string directory_;
};

void untouched(Corpus *corpus, const TempDir &dir) {
  const LoggedFile file(dir / "untouched", std::string(small, 'a'));
  corpus->add("untouched", file.path());
}
void retired(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "retired", std::string(small, 'a'));
  file.commit({{lines_of(1, 2, 'b')}, small});
  snapshot::format::Retired mark{};
  mark.magic = snapshot::format::kRetiredMagic;
  mark.log_id = file.log().header.log_id;
  mark.checksum = snapshot::hash_lines(snapshot::HashKey(mark.log_id), 0, &mark, sizeof mark);
  if (pwrite(file.log().fd, &mark, sizeof mark, snapshot::format::kRetiredOffset) != sizeof mark)
    throw std::runtime_error("pwrite of the retired mark");
  corpus->add("retired", file.path());
}

// The states of commit `change` after the commits before: recorded, torn, resized, complete.
void stages(Corpus *corpus, const std::string &name, LoggedFile *file, const Change &change) {
  file->write_record(change);
  corpus->add(name + ".recorded", file->path());
  if (!change.runs.empty()) file->put_bytes(change.runs.back().line * 64, std::string(20, 'x'));
  corpus->add(name + ".torn", file->path());
  file->put_lines(change);
  corpus->add(name + ".stored", file->path());
  file->resize(change.size_after);
  corpus->add(name + ".complete", file->path());
  file->finish(change);
}

void first_commit(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "first", std::string(small, 'a'));
  stages(corpus, "first", &file, {{lines_of(1, 2, 'b')}, small});
}
void later_commits(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "later", std::string(small, 'a'));
  file.commit({{lines_of(1, 2, 'b')}, small});
  stages(corpus, "second", &file, {{lines_of(2, 3, 'c'), lines_of(9, 1, 'c')}, small});
  stages(corpus, "third", &file, {{lines_of(0, 1, 'd')}, small});
}
void redo(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "redo", std::string(small, 'a'), snapshot::MediumKind::memory, test::Logs::new_lines);
  stages(corpus, "redo-first", &file, {{lines_of(1, 2, 'b')}, small});
  stages(corpus, "redo-second", &file, {{lines_of(2, 3, 'c'), lines_of(9, 1, 'c')}, small + 100});
  stages(corpus, "redo-third", &file, {{lines_of(0, 1, 'd')}, small - 100});
}
void appended(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "appended", std::string(small, 'a'), snapshot::MediumKind::page_cache,
                  test::Logs::appended);
  stages(corpus, "appended-first", &file, {{lines_of(1, 2, 'b')}, small});
  stages(corpus, "appended-second", &file, {{lines_of(2, 3, 'c'), lines_of(9, 1, 'c')}, small + 100});
  file.change_area();
  stages(corpus, "appended-third", &file, {{lines_of(0, 1, 'd')}, small + 100});
  file.stay_durable_at(3);
  stages(corpus, "appended-fourth", &file, {{lines_of(3, 1, 'e')}, small + 200});
  stages(corpus, "appended-fifth", &file, {{lines_of(0, 1, 'f')}, small - 100});
}
void resizes(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "resizes", std::string(small, 'a'));
  stages(corpus, "grows", &file, {{lines_of(15, 4, 'b')}, 1200});
  stages(corpus, "shrinks", &file, {{lines_of(2, 1, 'c'), lines_of(10, 9, 'c')}, 650});
  stages(corpus, "size-alone", &file, {{}, 5000});
  stages(corpus, "to-nothing", &file, {{lines_of(0, 11, 'e')}, 0});
}
void many_runs(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "runs", std::string(40000, 'a'));
  file.commit({{lines_of(3, 1, 'b')}, 40000});
  Change change{{}, 40000};
  for (test::u64 line = 0; line < 600; line += 5) change.runs.push_back(lines_of(line, 1, 'c'));
  stages(corpus, "many-runs", &file, change);
}
// Records of more than one hash piece, and of more than an area of the smallest size.
void large_records(Corpus *corpus, const TempDir &dir) {
  LoggedFile file(dir / "large", std::string(100000, 'a'));
  stages(corpus, "two-pieces", &file, {{lines_of(100, 300, 'b')}, 100000});
  stages(corpus, "moved-area", &file, {{lines_of(0, 1100, 'c')}, 100000});
}

int make(const std::string &directory) {
  using Make = void (*)(Corpus *, const TempDir &);
  snapshot::snapshot_observer = &observer;
  Corpus corpus(directory);
  const TempDir dir;
  for (const Make make_some :
       {untouched, retired, first_commit, later_commits, redo, appended, resizes, many_runs, large_records})
    make_some(&corpus, dir);
  corpus.add("foreign", test::make_foreign(dir));
  corpus.add("damaged", test::make_damaged(dir));
  corpus.write("empty", {});
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::cerr << "usage: make_corpus DIRECTORY\n";
    return 1;
  }
  try {
    return make(argv[1]);
  } catch (const std::exception &e) {
    std::cerr << "make_corpus: " << e.what() << '\n';
    return 1;
  }
}
