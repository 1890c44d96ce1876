#include "platform/settings.h"

#include "base/syscall.h"
#include "platform/mutex.h"

extern "C" char **environ;

namespace snapshot {
namespace {

constinit Mutex mutex;
constinit Settings settings SNAPSHOT_GUARDED_BY(mutex);
constinit bool settings_read SNAPSHOT_GUARDED_BY(mutex) = false;
constinit Status settings_status SNAPSHOT_GUARDED_BY(mutex);
constinit Message settings_message SNAPSHOT_GUARDED_BY(mutex);

// Not getenv: it belongs to libc, which may not be ready, and the name would be compared the same way.
const char *variable(const char *name) {
  const u64 length = length_of(name);
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    if (length_of(*entry) > length && equal_bytes(*entry, name, length) && (*entry)[length] == '=')
      return *entry + length + 1;
  return nullptr;
}

struct Word {
  const char *text;
  int value;
};

// Sets *out to the value of the word that the variable holds. An unset or empty variable changes nothing.
Status parse_word(const char *name, const Word *words, u64 count, int *out, Message *message) {
  const char *text = variable(name);
  if (text == nullptr || *text == 0) return kOk;
  for (u64 i = 0; i < count; ++i)
    if (equal_text(text, words[i].text)) {
      *out = words[i].value;
      return kOk;
    }
  *message << name << "=" << text << " is not known: set it to ";
  for (u64 i = 0; i < count; ++i) *message << (i == 0 ? "" : i + 1 == count ? " or " : ", ") << words[i].text;
  *message << ", or unset it; no file is managed until then";
  return {EINVAL};
}

template <typename Enum, u64 N>
Status parse(const char *name, const Word (&words)[N], Enum *out, Message *message) {
  int value = static_cast<int>(*out);
  const Status status = parse_word(name, words, N, &value, message);
  *out = static_cast<Enum>(value);
  return status;
}

constexpr Word kLevels[] = {{"off", 0}, {"error", 1}, {"warn", 2}, {"info", 3}};

// A number of bytes, with K, M or G for the powers of 1024.
Status parse_bytes(const char *name, u64 least, u64 *out, Message *message) {
  const char *const text = variable(name);
  if (text == nullptr || *text == 0) return kOk;
  constexpr u64 kMost = u64{1} << 40;
  u64 value = 0;
  const char *at = text;
  for (; *at >= '0' && *at <= '9' && value <= kMost; ++at) value = 10 * value + static_cast<u64>(*at - '0');
  const unsigned shift = *at == 'K' ? 10 : *at == 'M' ? 20 : *at == 'G' ? 30 : 0;
  const bool number = at != text && at[shift != 0 ? 1 : 0] == 0;
  if (number && value <= kMost && value << shift >= least && value << shift <= kMost) {
    *out = value << shift;
    return kOk;
  }
  *message << name << "=" << text << " is not known: set it to a number of bytes from " << least << " to "
           << kMost
           << " (K, M and G stand for the powers of 1024), or unset it; no file is managed until then";
  return {EINVAL};
}

// A copy that later setenv and putenv calls of the program cannot change. nullptr stays nullptr.
const char *keep(const char *text) {
  if (text == nullptr || *text == 0) return nullptr;
  const u64 bytes = length_of(text) + 1;
  const long page = sys::mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (sys::failed(page)) return text;
  copy_bytes(reinterpret_cast<void *>(page), text, bytes);
  return reinterpret_cast<const char *>(page);
}

Status read_all() SNAPSHOT_REQUIRES(mutex) {
  constexpr Word kMedia[] = {{"auto", 0}, {"memory", 1}, {"page-cache", 2}};
  constexpr Word kCopy[] = {{"auto", 0}, {"lazy", 1}, {"eager", 2}};
  constexpr Word kExit[] = {{"discard", 0}, {"commit", 1}};
  constexpr Word kMunmap[] = {{"commit", 0}, {"keep", 1}};
  constexpr Word kPersist[] = {{"auto", 0}, {"sse2", 1}, {"avx2", 2}, {"avx512", 3}, {"libpmem", 4}};
  constexpr Word kAudit[] = {{"off", 0}, {"warn", 1}, {"abort", 2}, {"fix", 3}};
  constexpr Word kProtocol[] = {{"auto", 0}, {"undo", 1}, {"redo", 2}};
  constexpr Word kTrack[] = {{"stores", 0}, {"pages", 1}, {"both", 2}};
  constexpr Word kPagesFrom[] = {{"auto", 0}, {"scan", 1}, {"copies", 2}, {"compare", 3}};
  constexpr Word kWait[] = {{"0", 0}, {"1", 1}};
  Message *m = &settings_message;
  if (Status s = parse("SNAPSHOT_LOG", kLevels, &message_level, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_MEDIA", kMedia, &settings.media, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_COPY", kCopy, &settings.copy, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_EXIT", kExit, &settings.at_exit, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_MUNMAP", kMunmap, &settings.at_munmap, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_PERSIST", kPersist, &settings.persist, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_AUDIT", kAudit, &settings.audit, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_PROTOCOL", kProtocol, &settings.protocol, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_TRACK", kTrack, &settings.track, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_PAGES_FROM", kPagesFrom, &settings.pages_from, m); !s.ok()) return s;
  if (Status s = parse("SNAPSHOT_WAIT", kWait, &settings.wait_for_writer, m); !s.ok()) return s;
  if (Status s = parse_bytes("SNAPSHOT_LOG_LIMIT", u64{128} << 10, &settings.log_limit, m); !s.ok()) return s;
  settings.files = keep(variable("SNAPSHOT_FILES"));
  settings.ignore = keep(variable("SNAPSHOT_IGNORE"));
  return kOk;
}

// One glob, ending at glob_end, against the whole text: greedy with one point of return, which suffices
// because a later '*' can absorb whatever an earlier one could (Kirk Krauss, "Matching Wildcards", 2014).
bool matches(const char *glob, const char *glob_end, const char *text) {
  const char *after_star = nullptr;
  const char *retry = nullptr;
  while (*text != 0) {
    if (glob != glob_end && *glob == '*') {
      after_star = ++glob;
      retry = text;
    } else if (glob != glob_end && (*glob == '?' || *glob == *text)) {
      ++glob, ++text;
    } else if (after_star != nullptr) {
      glob = after_star;
      text = ++retry;
    } else {
      return false;
    }
  }
  while (glob != glob_end && *glob == '*') ++glob;
  return glob == glob_end;
}

}  // namespace

Status read_settings(const Settings **out) {
  MutexLock lock(mutex);
  if (!settings_read) {
    settings_status = read_all();
    settings_read = true;
  }
  *out = &settings;
  return settings_status.ok() ? kOk : fail(settings_status.error, settings_message);
}

void read_message_level() {
  Message ignored;
  (void)parse("SNAPSHOT_LOG", kLevels, &message_level, &ignored);
}

bool matches_any(const char *globs, const char *text) {
  for (const char *glob = globs; glob != nullptr;) {
    const char *end = glob;
    while (*end != 0 && *end != ':') ++end;
    if (end != glob && matches(glob, end, text)) return true;
    glob = *end == ':' ? end + 1 : nullptr;
  }
  return false;
}

bool path_selected(const Settings &s, const char *path) {
  if (s.ignore != nullptr && matches_any(s.ignore, path)) return false;
  if (s.files != nullptr) return matches_any(s.files, path);
  // What the compiler's coverage and profiling runtimes map and fill by code of their own, which is not
  // instrumented.
  return !matches_any("*.gcda:*.profraw", path);
}

}  // namespace snapshot
