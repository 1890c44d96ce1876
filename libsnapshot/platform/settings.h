// The SNAPSHOT_* environment variables, read once.
#pragma once
#include "base/message.h"

namespace snapshot {

enum class MediaChoice { automatic, memory, page_cache };
enum class CopyChoice { automatic, lazy, eager };
enum class ExitChoice { discard, commit };
enum class ProtocolChoice { automatic, undo, redo };
enum class AuditChoice { off, warn, abort, fix };
enum class PersistChoice { automatic, sse2, avx2, avx512, libpmem };
enum class TrackChoice { stores, pages, both };
enum class MunmapChoice { commit, keep };
enum class PagesFromChoice { automatic, scan, copies, compare };

struct Settings {
  MediaChoice media = MediaChoice::automatic;
  CopyChoice copy = CopyChoice::automatic;
  ExitChoice at_exit = ExitChoice::discard;
  PersistChoice persist = PersistChoice::automatic;
  ProtocolChoice protocol = ProtocolChoice::automatic;
  AuditChoice audit = AuditChoice::off;
  TrackChoice track = TrackChoice::stores;
  PagesFromChoice pages_from = PagesFromChoice::automatic;
  MunmapChoice at_munmap = MunmapChoice::commit;
  bool wait_for_writer = false;
  u64 log_limit = u64{64} << 20;  // bytes that a log of appended records may have, unless a record needs more
  const char *files = nullptr;    // colon-separated globs; nullptr: all but profiles (path_selected)
  const char *ignore = nullptr;   // colon-separated globs; wins over files
};

// Reads the environment at the first call; later calls return the same. An unknown value is EINVAL, with a
// line that names the variable and what it may be, at every call: nothing is managed under a guess.
Status read_settings(const Settings **out);

// Sets message_level from SNAPSHOT_LOG alone, so that messages before the first mapping obey it.
void read_message_level();

// Whether the absolute path is to be managed under SNAPSHOT_FILES and SNAPSHOT_IGNORE.
bool path_selected(const Settings &settings, const char *path);

// Whether any of the colon-separated globs matches the whole text. '*' matches any characters, '/' too, and
// '?' any one. Linear in text times pattern.
bool matches_any(const char *globs, const char *text);

}  // namespace snapshot
