// The slow half of the store path: marks lines and lists them. Called by instrumented code (abi.h), by the
// interposed functions that write through the program's pointers, and by snapshot_log_range.
//
// Order for one run, in this thread:
//     [the store]  1 announce the run  2 set the marks  3 append the run to this thread's list  4 withdraw
// and in a committer of that file, under its commit lock (commit/gather.cc):
//     a read all announcements  b take all lists  c clear the marks of what it has  d thread fence  e copy
//     the lines
// Small commits leave d to one in some of them, and look again at what they have copied (commit/unfenced.h).
//
// Why no store is lost that happens-before the commit (invariant 3). x86 keeps stores of one thread in order.
//   * The storing thread has finished 3: the committer's b sees the entry, since whatever orders the store
//   before the
//     commit orders the entry, which is older, too.
//   * Thread B stores to the line, sees the mark that thread A set in 2, and commits while A is before 3. B
//   saw 2, so it
//     sees 1: if A has not withdrawn yet, a finds the announcement; if it has, the entry is older than the
//     withdrawal and b, which comes after a, finds it.
//   * B's store, then its test of the mark, against the clear c: if the test read the mark before c cleared
//   it, the
//     store was issued before d, which drains it, so e copies it. If it read it after, it read 0, and B marks
//     again.
//   * A marks (2) after the committer cleared the line (c) without having its entry: then the entry comes
//   later and the
//     next commit has it. A marks before c and lists after: the line is in this commit, by announcement or by
//     somebody else's entry; the late entry finds the mark clear, or set by a newer store, and both are
//     right.
// So an entry without a mark, a line listed twice, and an announcement of something clean are all harmless.
#include <stddef.h>

#include <bit>

#include "base/layout.h"
#include "snapshot/abi.h"
#include "track/thread.h"

namespace snapshot {

// What the assembler below knows of a thread's lists: bytes from the begin of each.
struct MarkLayout {
  static_assert(offsetof(Thread, announced) == 0);
  static constexpr u64 kLists = offsetof(Thread, lists);
  static constexpr u64 kSegment = offsetof(FileLists, level) + offsetof(DirtyList, write_);
  static constexpr u64 kTail = offsetof(DirtyList::Segment, tail),
                       kLimit = offsetof(DirtyList::Segment, limit),
                       kEntries = offsetof(DirtyList::Segment, entries);
};

namespace {

bool is_marked(LineIndex line) { return __atomic_load_n(&line_map()[line], __ATOMIC_RELAXED) != 0; }
void set_mark(LineIndex line) { __atomic_store_n(&line_map()[line], u8{1}, __ATOMIC_RELAXED); }

// Whether there is nothing to do for stores to these lines that have been made: what the pass asks for one
// line (the third of the cases above).
bool all_marked(Run run) {
  typedef u64 Word __attribute__((may_alias));
  constexpr u64 kAllEight = 0x0101010101010101;
  LineIndex l = run.first;
  for (; l < run.end() && l % 8 != 0; ++l)
    if (!is_marked(l)) return false;
  for (; l + 8 <= run.end(); l += 8)
    if (__atomic_load_n(reinterpret_cast<Word *>(&line_map()[l]), __ATOMIC_RELAXED) != kAllEight)
      return false;
  for (; l < run.end(); ++l)
    if (!is_marked(l)) return false;
  return true;
}

// Cuts the run to the window it starts in; 0 lines if it starts in none. A store cannot have gone further,
// but a declared range (memcpy's length, the span of a masked store) can.
Slot clip_to_window(Run *run) {
  const Slot slot = slot_of(run->first);
  if (slot == 0) return 0;
  const Window &w = windows[slot];
  if (SNAPSHOT_UNLIKELY(run->first < w.first_line)) return 0;
  run->count = min_u64(run->count, w.first_line + w.line_count - run->first);
  return slot;
}

// For when the run cannot be listed. The flag is set on both sides of the marks: whoever sees a mark sees the
// first, and a commit that has consumed the first before the marks were there leaves them to the second.
SNAPSHOT_SLOW_PATH void mark_unlisted(Slot slot, Run run) {
  windows[slot].scan.store(true, std::memory_order_release);
  for (LineIndex l = run.first; l < run.end(); ++l) set_mark(l);
  windows[slot].scan.store(true, std::memory_order_release);
}

// A handler that interrupts this may have raised it further.
SNAPSHOT_SLOW_PATH void raise_deepest(FileLists *lists, u32 level) {
  u32 deepest = lists->deepest.load(std::memory_order_relaxed);
  while (deepest < level &&
         !lists->deepest.compare_exchange_weak(deepest, level, std::memory_order_release)) {
  }
}

// Steps 2 and 3, with step 1 done.
void mark_and_list(Thread *thread, u32 level, Slot slot, Run run) {
  bool fresh = false;
  for (LineIndex l = run.first; l < run.end(); ++l)
    if (!is_marked(l)) {
      set_mark(l);
      fresh = true;
    }
  if (!fresh) return;
  // The compiler must not move the marks below the entry; the CPU does not.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  FileLists *lists = lists_for(thread, slot);
  if (SNAPSHOT_UNLIKELY(lists == nullptr)) return mark_unlisted(slot, run);
  if (SNAPSHOT_UNLIKELY(lists->deepest.load(std::memory_order_relaxed) < level)) raise_deepest(lists, level);
  if (SNAPSHOT_UNLIKELY(!lists->level[level].append(run))) mark_unlisted(slot, run);
}

void prefetch_old_bytes(LineIndex line) {
  __builtin_prefetch(address_of(line).ptr() + old_bytes_distance.load(std::memory_order_relaxed), 0, 3);
}

// The level that a mark or an announcement can use. kDepthMax: none. A handler that comes in between finds
// the same level, and is through with it when it returns.
u32 free_level(const Thread *thread) {
  u32 level = 0;
  while (level < kDepthMax && thread->announced[level].load(std::memory_order_relaxed) != 0) ++level;
  return level;
}

void withdraw(Thread *thread, u32 level) {
  thread->announced[level].store(0, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void announce_at(Thread *thread, u32 level, Run run) {
  thread->announced[level].store(run.packed(), std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void mark_piece(Slot slot, Run run) {
  Thread *thread = this_thread();
  const u32 level = thread == nullptr ? kDepthMax : free_level(thread);
  if (SNAPSHOT_UNLIKELY(level == kDepthMax)) return mark_unlisted(slot, run);
  announce_at(thread, level, run);
  mark_and_list(thread, level, slot, run);
  withdraw(thread, level);
}

void mark_lines(LineIndex first, LineIndex last) {
  Run whole{first, last - first + 1};
  const Slot slot = clip_to_window(&whole);
  if (slot == 0 || all_marked(whole)) return;
  if (whole.count == 1) prefetch_old_bytes(whole.first);
  while (whole.count > 0) {
    const Run piece{whole.first, min_u64(whole.count, Run::kCountMax)};
    mark_piece(slot, piece);
    whole.first += piece.count;
    whole.count -= piece.count;
  }
}

u64 last_byte(u64 first, size_t size) {
  const u64 last = first + size - 1;
  const u64 end = kWorkingBase + kRangeBytes - 1;
  return last < first || last > end ? end : last;
}

// Announcements cover writes of a few lines at most; a longer one is announced by its first lines, and its
// writer is an asm or volatile copy that no other thread can have seen whole.
Run run_of(const volatile void *address, size_t size) {
  const u64 first = reinterpret_cast<u64>(address);
  const LineIndex line = line_of(first);
  return {line, min_u64(line_of(last_byte(first, size)) - line + 1, Run::kCountMax)};
}

}  // namespace

// Whatever the fast half below does not cover.
SNAPSHOT_COLD_CALL __attribute__((noinline)) static void mark_in_general(const volatile void *address,
                                                                         size_t size) {
  if (size == 0) return;
  const u64 first = reinterpret_cast<u64>(address);
  mark_lines(line_of(first), line_of(last_byte(first, size)));
}

}  // namespace snapshot

using namespace snapshot;

extern "C" {

// A write of a few lines, such as the copy of a record, is written out, too, like that of one line below, and
// for the same reason: what it pushes and stores waits in the store buffer behind the write itself, which may
// have missed the caches in each of its lines.
__attribute__((visibility("hidden"))) SNAPSHOT_COLD_CALL void snapshot_mark_short(
    const volatile void *address, size_t size) {
  constexpr size_t kShortBytes = 256;
  Thread *thread = current_thread;
  if (SNAPSHOT_UNLIKELY(size - 1 >= kShortBytes || thread == nullptr ||
                        thread->announced[0].load(std::memory_order_relaxed) != 0))
    return mark_in_general(address, size);
  const u64 first = reinterpret_cast<u64>(address);
  const Run run{line_of(first), line_of(first + size - 1) - line_of(first) + 1};
  const Slot slot = slot_of(run.first);
  FileLists *lists = thread->lists[slot].load(std::memory_order_relaxed);  // none for slot 0
  // All of it in the window, which is longer than any short run: below it the difference wraps.
  const Window &w = windows[slot];
  if (SNAPSHOT_UNLIKELY(lists == nullptr || run.first - w.first_line > w.line_count - run.count))
    return mark_in_general(address, size);
  announce_at(thread, 0, run);
  prefetch_old_bytes(run.first);
  // What is found marked is not marked again: a commit may have cleared it in between, and a mark without an
  // entry would hide later stores to its line.
  bool fresh = false;
#pragma clang loop unroll(disable)  // fewer registers to save
  for (LineIndex l = run.first; l < run.end(); ++l) {
    if (is_marked(l)) continue;
    set_mark(l);
    fresh = true;
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (fresh && SNAPSHOT_UNLIKELY(!lists->level[0].append(run))) mark_unlisted(slot, run);
  withdraw(thread, 0);
}

__attribute__((visibility("default"))) extern const uint32_t SNAPSHOT_ABI_SYMBOL = SNAPSHOT_ABI_VERSION;

// For a store within a line that is marked and announced, and for which the list has no room.
__attribute__((visibility("hidden"), used)) SNAPSHOT_COLD_CALL void snapshot_list_slowly(
    const volatile void *address, size_t) {
  const Run run{line_of(reinterpret_cast<u64>(address)), 1};
  const Slot slot = slot_of(run.first);
  Thread *thread = current_thread;
  // Slot 0, which must have no lists: another thread has unmapped the file meanwhile.
  if (slot != 0 && !lists_for(thread, slot)->level[0].append(run)) mark_unlisted(slot, run);
  withdraw(thread, 0);
}

#if __has_feature(thread_sanitizer)
// Which must see the accesses.
__attribute__((visibility("default"))) SNAPSHOT_COLD_CALL void __snapshot_mark_clean(
    const volatile void *address, size_t size) {
  [[clang::musttail]] return snapshot_mark_short(address, size);
}
#else
// The usual case of the above, a store within one line, by a thread that has stored to this file before,
// outside of handlers. A program whose stores miss the caches overlaps its misses only as far as the CPU can
// look ahead, so each instruction lengthens its wait for memory; a compiler needs 57 where this has 42, most
// of them for registers to be saved.
__attribute__((visibility("default"), naked)) SNAPSHOT_COLD_CALL void __snapshot_mark_clean(
    const volatile void *, size_t) {
  __asm__(
      ".pushsection .rodata\n\t"
      ".balign 8\n\t"
      "5: .quad %c[line_map]\n\t"
      "7: .quad %c[packed]\n\t"
      ".popsection\n\t"
      "pushq %%rax\n\t"
      "pushq %%rcx\n\t"
      "pushq %%rdx\n\t"
      // One line, unless the first byte and the last differ above its bits.
      "leaq -1(%%rdi,%%rsi), %%rax\n\t"
      "xorq %%rdi, %%rax\n\t"
      "cmpq $63, %%rax\n\t"
      "ja 9f\n\t"
      // rcx: the thread, which has not announced anything
      "movq snapshot_current_thread@gottpoff(%%rip), %%rcx\n\t"
      "movq %%fs:(%%rcx), %%rcx\n\t"
      "testq %%rcx, %%rcx\n\t"
      "je 9f\n\t"
      "cmpq $0, (%%rcx)\n\t"
      "jne 9f\n\t"
      // rax: its lists for the slot; none for slot 0
      "movq %%rdi, %%rax\n\t"
      "shrq %[granule_shift], %%rax\n\t"
      "leaq snapshot_granule_slots - %c[first_granule](%%rip), %%rdx\n\t"
      "movzwl (%%rdx,%%rax,2), %%eax\n\t"
      "movq %c[lists](%%rcx,%%rax,8), %%rax\n\t"
      "testq %%rax, %%rax\n\t"
      "je 9f\n\t"
      // prefetch_old_bytes
      "movq snapshot_old_bytes_distance(%%rip), %%r11\n\t"
      "prefetcht0 (%%rdi,%%r11)\n\t"
      // rdx: the line, counted from address 0; r11: its run, packed, which is announced
      "movq %%rdi, %%rdx\n\t"
      "shrq %[line_shift], %%rdx\n\t"
      "movq %%rdx, %%r11\n\t"
      "shlq %[count_bits], %%r11\n\t"
      "addq 7b(%%rip), %%r11\n\t"
      "movq %%r11, (%%rcx)\n\t"
      // the mark
      "addq 5b(%%rip), %%rdx\n\t"
      "movb $1, (%%rdx)\n\t"
      // append to the segment, rax
      "movq %c[segment](%%rax), %%rax\n\t"
      "movq %c[tail](%%rax), %%rdx\n\t"
      "cmpq %c[limit](%%rax), %%rdx\n\t"
      "je 8f\n\t"
      "movq %%r11, %c[entries](%%rax,%%rdx,8)\n\t"
      "incq %%rdx\n\t"
      "movq %%rdx, %c[tail](%%rax)\n\t"
      // withdraw
      "movq $0, (%%rcx)\n\t"
      "popq %%rdx\n\t"
      "popq %%rcx\n\t"
      "popq %%rax\n\t"
      "retq\n\t"
      "8: popq %%rdx\n\t"
      "popq %%rcx\n\t"
      "popq %%rax\n\t"
      "jmp snapshot_list_slowly\n\t"
      "9: popq %%rdx\n\t"
      "popq %%rcx\n\t"
      "popq %%rax\n\t"
      "jmp snapshot_mark_short"
      :
      : [line_map] "i"(kLineMapBase - (kWorkingBase >> SNAPSHOT_LINE_SHIFT)),
        [packed] "i"(Run{0, 1}.packed() - (kWorkingBase >> SNAPSHOT_LINE_SHIFT << Run::kCountBits)),
        [granule_shift] "i"(std::countr_zero(kGranuleBytes)),
        [first_granule] "i"(kWorkingBase / kGranuleBytes * sizeof granule_slots[0]),
        [line_shift] "i"(SNAPSHOT_LINE_SHIFT), [count_bits] "i"(Run::kCountBits),
        [lists] "i"(MarkLayout::kLists), [segment] "i"(MarkLayout::kSegment), [tail] "i"(MarkLayout::kTail),
        [limit] "i"(MarkLayout::kLimit), [entries] "i"(MarkLayout::kEntries));
}
#endif

// The same within the library, without a detour through the table of exported functions.
__attribute__((visibility("hidden"), alias("__snapshot_mark_clean"), used)) SNAPSHOT_COLD_CALL void
snapshot_mark_slow(const volatile void *, size_t);

// If the one or two lines of a store are dirty there is nothing to do. In assembler because a compiler saves
// every register that the slow path would need: here it is one, pushed, and r11, which is free. What is
// longer may be a system call's buffer, at any address, before there is a line map; so is what has a size of
// 0 (0 - 1 is above any limit).
//     line map byte = (address >> 6) + (LINE_MAP_BASE - (WORKING_BASE >> 6))
__attribute__((visibility("default"), naked)) SNAPSHOT_COLD_CALL void __snapshot_mark(const volatile void *,
                                                                                      size_t) {
  __asm__(
      ".pushsection .rodata\n\t"
      ".balign 8\n\t"
      "4: .quad %c[line_map]\n\t"
      ".popsection\n\t"
      "movq %%rdi, %%r11\n\t"
      "shrq %[range_bits], %%r11\n\t"
      "cmpl %[range_index], %%r11d\n\t"
      "jne 2f\n\t"
      "pushq %%rax\n\t"
      "leaq -1(%%rsi), %%rax\n\t"
      "cmpq $63, %%rax\n\t"
      "ja 5f\n\t"
      "addq %%rdi, %%rax\n\t"
      "shrq $6, %%rax\n\t"
      "movq %%rdi, %%r11\n\t"
      "shrq $6, %%r11\n\t"
      "subq %%rax, %%r11\n\t"      // 1 - lines
      "addq 4b(%%rip), %%rax\n\t"  // the last line's byte
      "3: cmpb $0, (%%rax,%%r11)\n\t"
      "je 1f\n\t"
      "incq %%r11\n\t"
      "jle 3b\n\t"
      "popq %%rax\n\t"
      "2: retq\n\t"
      "1: popq %%rax\n\t"
      "jmp snapshot_mark_slow\n\t"
      "5: popq %%rax\n\t"
      "jmp snapshot_mark_short"
      :
      : [range_bits] "i"(SNAPSHOT_RANGE_BITS), [range_index] "i"(SNAPSHOT_RANGE_INDEX),
        [line_map] "i"(kLineMapBase - (kWorkingBase >> SNAPSHOT_LINE_SHIFT)));
}

__attribute__((visibility("default"))) SNAPSHOT_COLD_CALL void __snapshot_announce(
    const volatile void *address, size_t size) {
  if (size == 0 || !in_working_range(address)) return;
  Run run = run_of(address, size);
  const Slot slot = clip_to_window(&run);
  if (slot == 0) return;
  Thread *thread = this_thread();
  const u32 level = thread == nullptr ? kDepthMax : free_level(thread);
  // Nothing to announce with: mark before the write as well, so that a commit by whoever sees the new value
  // finds the line. The mark after the write covers a commit in between.
  if (SNAPSHOT_UNLIKELY(level == kDepthMax)) return mark_unlisted(slot, run);
  announce_at(thread, level, run);
}

__attribute__((visibility("default"))) SNAPSHOT_COLD_CALL void __snapshot_mark_announced(
    const volatile void *address, size_t size) {
  if (size == 0 || !in_working_range(address)) return;
  Run run = run_of(address, size);
  const Slot slot = clip_to_window(&run);
  if (slot == 0) return;
  Thread *thread = this_thread();
  const u32 levels = thread == nullptr ? 0 : free_level(thread);
  if (levels == 0 || thread->announced[levels - 1].load(std::memory_order_relaxed) != run.packed())
    return mark_lines(run.first, run.end() - 1);
  mark_and_list(thread, levels - 1, slot, run);
  withdraw(thread, levels - 1);
}
}
