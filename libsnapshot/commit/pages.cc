#include "commit/pages.h"

#include "base/syscall.h"
#include "commit/changed_lines.h"
#include "platform/signals.h"
#include "snapshot/abi.h"
#include "track/written_pages.h"

namespace snapshot {
namespace {

bool any_marked(LineIndex page) {
  typedef u64 Word __attribute__((may_alias));
  const Word *marks = reinterpret_cast<const Word *>(&line_map()[page]);
  u64 any = 0;
  for (u64 i = 0; i < kLinesPerPage / 8; ++i) any |= __atomic_load_n(&marks[i], __ATOMIC_RELAXED);
  return any != 0;
}

class Marker {
 public:
  Marker(ManagedFile &file, bool gives_back) SNAPSHOT_REQUIRES(file.commit_lock)
      : file_(file), gives_back_(gives_back), pair_(file.pages_to_compare.data()) {}

  Status look_at(LineRange range) SNAPSHOT_REQUIRES(file_.commit_lock) {
    if (Status s = find_end_of_data(); !s.ok()) return s;
    const u64 base = file_.base().value;
    const u64 begin = round_down(address_of(range.first).value, kPageBytes);
    const u64 end =
        min_u64(round_up(address_of(range.end).value, kPageBytes), base + round_up(size_, kPageBytes));
    if (begin >= end) return kOk;
    file_.counters.pages_scanned += (end - begin) / kPageBytes;
    WrittenPages written(begin, end);
    for (u64 page = written.next(); page != 0; page = written.next()) look_at_page({page});
    give_back();
    return kOk;
  }

 private:
  // Of what a commit can have to move. The file may have grown behind our back (drop_beyond_end in commit.cc
  // makes sure when there are marks); it may have been cut, and the commit of that be still to come.
  Status find_end_of_data() SNAPSHOT_REQUIRES(file_.commit_lock) {
    struct stat st;
    const long result = sys::newfstatat(AT_FDCWD, file_.path.c_str(), &st, 0);
    if (result == -EIO || result == -ENOMEM) return sys::status(result);
    // The path may lead elsewhere by now.
    const bool found = !sys::failed(result) && FileKey{st.st_dev, st.st_ino} == file_.key;
    const u64 real = found ? static_cast<u64>(st.st_size) : 0;
    const u64 known = file_.size.load(std::memory_order_relaxed);
    size_ = min_u64(real > file_.file_size ? real : known, file_.window().bytes());
    return kOk;
  }

  void look_at_page(WorkingAddr page) SNAPSHOT_REQUIRES(file_.commit_lock) {
    ++file_.counters.pages_compared;
    // The commit will say what is wrong with it.
    if (!pair_.read(file_.medium, page)) return mark(page.ptr(), kPageBytes);
    const LineIndex first = line_of(page.value);
    bool changed = false;
    for_each_unmarked_change(file_, {first, first + kLinesPerPage}, size_, pair_,
                             [&](LineIndex line, u64) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
                               mark(address_of(line).ptr(), kLineBytes);
                               ++file_.counters.lines_found;
                               changed = true;
                             });
    if (gives_back_ && !changed && !any_marked(first)) add_to_give_back(page.value);
  }

  static void mark(const u8 *begin, u64 bytes) { __snapshot_mark(begin, bytes); }

  // A page that is equal to the file's, in the part of the working copy that is a mapping of the file:
  // without it, it reads the same. Not the last one, where more is stored than the file has.
  void add_to_give_back(u64 page) {
    const u64 offset = page - file_.base().value;
    if (offset + kPageBytes > file_.size.load(std::memory_order_relaxed)) return;
    if (offset >= file_.anonymous_begin && offset < file_.anonymous_end) return;
    if (page != back_end_) {
      give_back();
      back_begin_ = page;
    }
    back_end_ = page + kPageBytes;
  }

  // If it fails (locked memory), the pages stay as they are, and will be compared again.
  void give_back() {
    if (back_begin_ < back_end_) (void)sys::madvise(back_begin_, back_end_ - back_begin_, MADV_DONTNEED);
    back_begin_ = back_end_ = 0;
  }

  ManagedFile &file_;
  const bool gives_back_;
  u64 size_ = 0;
  u64 back_begin_ = 0, back_end_ = 0;
  PagePair pair_;
};

}  // namespace

// The analysis does not know that the marker's file is this one.
Status mark_written_pages(ManagedFile &file, LineRange range) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  if (page_source() != PageSource::copies) return Marker(file, false).look_at(range);
  // Nobody may store to a page between its comparison and its return: no thread, and no handler.
  const SignalsBlocked blocked;
  return Marker(file, only_thread()).look_at(range);
}

}  // namespace snapshot
