// Claim (invariant 6): whatever the log and the data file are,
//   - recovery does what FORMAT.md says, or refuses; refused means that no byte of either file has changed
//   and
//     that one line says so;
//   - it writes nothing beyond the data file's extent, nor makes it longer than a whole record justifies
//     (memory_files.h watches each call);
//   - it is idempotent: repeated, after a death at any change of a file (in the middle of it, too) or after a
//     system call that failed, it ends with the same bytes.
#include <errno.h>

#include "memory_files.h"
#include "quiet.h"
#include "recovery/recover_file.h"
#include "reference.h"
#include "violation.h"

namespace {

using fuzz::Files;
using fuzz::Judgement;
using fuzz::MemoryFiles;
using fuzz::Outcome;
using fuzz::require;
using fuzz::Trouble;
using snapshot::FileReport;
using snapshot::Status;
using snapshot::Verdict;

Outcome outcome_of(Status s, const FileReport &report) {
  if (!s.ok()) return Outcome::refused;
  switch (report.findings.verdict) {
    case Verdict::no_log:
    case Verdict::retired:
      return Outcome::retired;
    case Verdict::complete:
      return Outcome::complete;
    case Verdict::undo:
      return Outcome::undone;
  }
  return Outcome::refused;
}

void compare(const Judgement &expected, Status s, const FileReport &report, const MemoryFiles &memory) {
  require(outcome_of(s, report) == expected.outcome, "the outcome is not FORMAT.md's");
  if (!s.ok()) {
    require(s.error == EBADMSG || s.error == ESTALE, "refused for another reason");
    fuzz::require_message(snapshot::last_error_text(), memory.data_path());
    return;
  }
  require(report.findings.sequence == expected.sequence, "another record counts as the newest");
  require(report.findings.size_recovered == expected.size, "the size after recovery");
}

// The data file may be made longer to what the verdict says, and otherwise stays within what it is.
void limit(MemoryFiles *memory, const Judgement &expected) {
  memory->limit_data(std::max(memory->files().data.size(), expected.data.size()));
}

Status recover(MemoryFiles *memory, FileReport *report) {
  Status s;
  (void)memory->run([&] { s = snapshot::recover_file(memory->data_path().c_str(), report); });
  return s;
}

void inspection_changes_nothing(const Files &files, const Judgement &expected) {
  MemoryFiles memory(files, {});
  FileReport report{};
  Status s;
  (void)memory.run([&] { s = snapshot::inspect_file(memory.data_path().c_str(), &report); });
  compare(expected, s, report, memory);
  require(memory.changes() == 0, "inspection changes something");
}

// Recovers, and once more with the log back under its name: as if the process had died before it was removed.
void recovery_does_what_the_page_says(const Files &files, const Judgement &expected) {
  MemoryFiles memory(files, {});
  limit(&memory, expected);
  FileReport report{};
  const Status s = recover(&memory, &report);
  compare(expected, s, report, memory);
  require(memory.files().data == expected.data, "the data file is not what it should be");
  if (!s.ok()) {
    require(memory.changes() == 0 && memory.log_exists(), "refused, and yet something has changed");
    return;
  }
  require(!memory.log_exists(), "the log is not removed");
  memory.name_log_again();
  require(recover(&memory, &report).ok(), "a recovery after a recovery fails");
  require(memory.files().data == expected.data, "a recovery after a recovery changes something");
  memory.name_log_again();
  memory.to_change()->log = files.log;  // the retired mark did not get there either
  require(recover(&memory, &report).ok(), "a repeated recovery fails");
  require(memory.files().data == expected.data, "a repeated recovery changes something");
}

// A recovery that was interrupted or failed; and then one without trouble.
void repeated_after(const Trouble &trouble, const Files &files, const Judgement &expected) {
  MemoryFiles memory(files, trouble);
  limit(&memory, expected);
  FileReport report{};
  Status first;
  const bool survived =
      memory.run([&] { first = snapshot::recover_file(memory.data_path().c_str(), &report); });
  if (survived && !first.ok()) fuzz::require_message(snapshot::last_error_text(), memory.data_path());
  if (survived && first.ok())
    require(memory.files().data == expected.data, "recovery succeeds, but the data file is wrong");
  memory.calm();
  const Status second = recover(&memory, &report);
  require(second.ok() == (expected.outcome != Outcome::refused), "repeated, it ends in another way");
  require(memory.files().data == expected.data, "repeated, it leaves other bytes");
}

constexpr int errors[] = {0, EIO, ENOSPC, EINTR, ENOMEM, EACCES, EMFILE, EDQUOT};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *bytes, std::size_t count) {
  const fuzz::HostileCase hostile = fuzz::HostileCase::parse(bytes, count);
  const Files files = Files::of(hostile);
  const Judgement expected = fuzz::reference_judgement(files, fuzz::reference_log(files.log));
  inspection_changes_nothing(files, expected);
  recovery_does_what_the_page_says(files, expected);
  const fuzz::Prefix &p = hostile.prefix;
  if (p.crash_at != 0) repeated_after({0, 0, p.crash_at, p.torn}, files, expected);
  if (p.fail_call != 0)
    repeated_after({p.fail_call, errors[p.fail_how % std::size(errors)], 0, 0}, files, expected);
  return 0;
}
