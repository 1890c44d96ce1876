// Claim: every SNAPSHOT_* variable is read as documented, and an unknown value is an error that names the
// variable and what it may be. Method: settings are read once in a process, so each case has a child of its
// own.
#include "platform/settings.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "in_child.h"
#include "quiet.h"

namespace s = snapshot;

namespace {

// Runs check(status, settings) with the variable set; true if it returned true.
template <typename Check>
bool with(const char *name, const char *value, Check check) {
  return test::in_child([&] {
           setenv(name, value, 1);
           const s::Settings *settings = nullptr;
           const s::Status status = s::read_settings(&settings);
           // SNAPSHOT_LOG has its effect on messages; keep the test's output clean.
           return check(status, *settings) ? 0 : 1;
         }) == 0;
}

bool refused(const char *name, const char *value, const std::string &choices) {
  return with(name, value, [&](s::Status status, const s::Settings &) {
    const std::string text = test::last_error();
    const s::Settings *again = nullptr;
    return status.error == EINVAL && text.find(std::string(name) + "=" + value) == 0 &&
           text.find(choices) != std::string::npos && text.find('\n') == std::string::npos &&
           s::read_settings(&again).error == EINVAL;
  });
}

}  // namespace

TEST_CASE("without variables the defaults hold") {
  CHECK(with("SNAPSHOT_MEDIA", "", [](s::Status status, const s::Settings &settings) {
    return status.ok() && settings.media == s::MediaChoice::automatic &&
           settings.at_exit == s::ExitChoice::discard && settings.copy == s::CopyChoice::automatic &&
           settings.persist == s::PersistChoice::automatic && !settings.wait_for_writer &&
           settings.files == nullptr && settings.ignore == nullptr &&
           settings.track == s::TrackChoice::stores && settings.pages_from == s::PagesFromChoice::automatic;
  }));
}

TEST_CASE("each known value is taken") {
  const auto ok = [](s::Status status) { return status.ok(); };
  CHECK(with("SNAPSHOT_MEDIA", "memory", [&](s::Status st, const s::Settings &x) {
    return ok(st) && x.media == s::MediaChoice::memory;
  }));
  CHECK(with("SNAPSHOT_MEDIA", "page-cache", [&](s::Status st, const s::Settings &x) {
    return ok(st) && x.media == s::MediaChoice::page_cache;
  }));
  CHECK(with("SNAPSHOT_COPY", "eager",
             [&](s::Status st, const s::Settings &x) { return ok(st) && x.copy == s::CopyChoice::eager; }));
  CHECK(with("SNAPSHOT_EXIT", "commit", [&](s::Status st, const s::Settings &x) {
    return ok(st) && x.at_exit == s::ExitChoice::commit;
  }));
  CHECK(with("SNAPSHOT_AUDIT", "fix",
             [&](s::Status st, const s::Settings &x) { return ok(st) && x.audit == s::AuditChoice::fix; }));
  CHECK(with("SNAPSHOT_TRACK", "pages",
             [&](s::Status st, const s::Settings &x) { return ok(st) && x.track == s::TrackChoice::pages; }));
  CHECK(with("SNAPSHOT_TRACK", "both",
             [&](s::Status st, const s::Settings &x) { return ok(st) && x.track == s::TrackChoice::both; }));
  CHECK(with("SNAPSHOT_PAGES_FROM", "copies", [&](s::Status st, const s::Settings &x) {
    return ok(st) && x.pages_from == s::PagesFromChoice::copies;
  }));
  CHECK(with("SNAPSHOT_PERSIST", "libpmem", [&](s::Status st, const s::Settings &x) {
    return ok(st) && x.persist == s::PersistChoice::libpmem;
  }));
  CHECK(with("SNAPSHOT_WAIT", "1",
             [&](s::Status st, const s::Settings &x) { return ok(st) && x.wait_for_writer; }));
  CHECK(with("SNAPSHOT_LOG", "error", [&](s::Status st, const s::Settings &) {
    return ok(st) && s::message_level == s::Level::error;
  }));
  CHECK(with("SNAPSHOT_FILES", "*.db", [&](s::Status st, const s::Settings &x) {
    setenv("SNAPSHOT_FILES", "changed", 1);
    return ok(st) && std::string(x.files) == "*.db";
  }));
}

TEST_CASE("an unknown value is refused at every call, and the message names the choices") {
  CHECK(refused("SNAPSHOT_MEDIA", "disk", "auto, memory or page-cache"));
  CHECK(refused("SNAPSHOT_TRACK", "lines", "stores, pages or both"));
  CHECK(refused("SNAPSHOT_PAGES_FROM", "faults", "auto, scan, copies or compare"));
  CHECK(refused("SNAPSHOT_COPY", "Lazy", "auto, lazy or eager"));
  CHECK(refused("SNAPSHOT_EXIT", "discards", "discard or commit"));
  CHECK(refused("SNAPSHOT_MUNMAP", "discard", "commit or keep"));
  CHECK(refused("SNAPSHOT_AUDIT", "on", "off, warn, abort or fix"));
  CHECK(refused("SNAPSHOT_PERSIST", "avx", "auto, sse2, avx2, avx512 or libpmem"));
  CHECK(refused("SNAPSHOT_WAIT", "yes", "0 or 1"));
  CHECK(refused("SNAPSHOT_LOG", "debug", "off, error, warn or info"));
}

TEST_CASE("a variable whose name merely begins the same is not taken for it") {
  CHECK(
      with("SNAPSHOT_MEDIA2", "nonsense", [](s::Status status, const s::Settings &) { return status.ok(); }));
}
