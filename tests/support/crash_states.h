// Data files in the states that a crash, or bad luck, leaves; each in the given directory under its own name.
#pragma once
#include "logged_file.h"

namespace test {

inline constexpr u64 kStateBytes = 65536;

inline std::string state_contents(char letter) { return std::string(kStateBytes, letter); }

// Commits 1 and 2 are all there; the process died.
inline std::string make_complete(const TempDir &dir, const std::string &name = "complete") {
  LoggedFile file(dir / name, state_contents('a'));
  file.commit({{lines_of(1, 2, 'b')}, kStateBytes});
  file.commit({{lines_of(2, 3, 'c')}, kStateBytes});
  return file.path();
}

// Commit 1 is there; commit 2, which grows the file by 64 bytes, is torn.
inline std::string make_incomplete(const TempDir &dir, const std::string &name = "incomplete") {
  LoggedFile file(dir / name, state_contents('a'));
  file.commit({{lines_of(1, 2, 'b')}, kStateBytes});
  const Change second = {{lines_of(2, 1, 'c'), lines_of(kStateBytes / 64, 1, 'c')}, kStateBytes + 64};
  file.write_record(second);
  file.resize(second.size_after);
  file.put_bytes(128, std::string(20, 'c'));
  return file.path();
}
inline std::string incomplete_recovered() {
  return state_contents('a').replace(64, 128, std::string(128, 'b'));
}

// Two commits under the redo protocol; the second is in the log and not all in the file.
inline std::string make_logged(const TempDir &dir, const std::string &name = "logged") {
  LoggedFile file(dir / name, state_contents('a'), snapshot::MediumKind::memory, Logs::new_lines);
  file.commit({{lines_of(1, 2, 'b')}, kStateBytes});
  file.write_record({{lines_of(2, 3, 'c')}, kStateBytes});
  file.put_bytes(128, std::string(20, 'c'));
  return file.path();
}
inline std::string logged_recovered() {
  return state_contents('a').replace(64, 64, std::string(64, 'b')).replace(128, 192, std::string(192, 'c'));
}

// Two commits on page-cache media under the redo protocol; neither is in the file.
inline std::string make_appended(const TempDir &dir, const std::string &name = "appended") {
  LoggedFile file(dir / name, state_contents('a'), snapshot::MediumKind::page_cache, Logs::appended);
  for (const Change &change :
       {Change{{lines_of(1, 2, 'b')}, kStateBytes}, Change{{lines_of(2, 3, 'c')}, kStateBytes}}) {
    file.write_record(change);
    file.finish(change);
  }
  return file.path();
}

// Opened, and nothing committed.
inline std::string make_untouched(const TempDir &dir, const std::string &name = "untouched") {
  return LoggedFile(dir / name, state_contents('a')).path();
}

// Closed as it should be.
inline std::string make_clean(const TempDir &dir, const std::string &name = "clean") {
  write_file(dir / name, state_contents('a'));
  return dir / name;
}

// Incomplete, with a bit of the log's header flipped.
inline std::string make_damaged(const TempDir &dir, const std::string &name = "damaged") {
  const std::string path = make_incomplete(dir, name);
  std::string log = read_file(path + ".snaplog");
  log[20] = static_cast<char>(log[20] ^ 1);
  write_file(path + ".snaplog", log);
  return path;
}

// Incomplete, and then replaced by a copy.
inline std::string make_foreign(const TempDir &dir, const std::string &name = "foreign") {
  const std::string path = make_incomplete(dir, name);
  write_file(dir / "copy", read_file(path));
  std::filesystem::rename(dir / "copy", path);
  return path;
}

}  // namespace test
