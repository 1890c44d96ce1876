#include "tracked_call.h"

#include <catch2/catch.hpp>

#include "managed_file.h"

namespace test {
namespace {

constexpr std::size_t kPlaceBytes = 8192;
std::size_t offset_in_page;

ManagedFile &file() {
  static ManagedFile the_file((kPlaces + 1) * kPlaceBytes);
  return the_file;
}

Bytes pattern() {
  Bytes bytes(file().size());
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(0x80 | (i * 7 % 61));
  return bytes;
}

}  // namespace

char *place(int n) { return file().begin() + static_cast<std::size_t>(n) * kPlaceBytes + offset_in_page; }

std::string problem_of(const std::function<void()> &prepare, const std::function<void()> &call,
                       Writes writes) {
  for (const std::size_t offset : {std::size_t{0}, std::size_t{4096 - 16}}) {
    offset_in_page = offset;
    file().set(pattern());
    prepare();
    file().set(file().working());
    const Bytes before = file().on_file();
    call();
    const Bytes after = file().working();
    if (file().on_file() != before) return "the file changed before the commit";
    if (writes == Writes::always && after == before) return "nothing was written";
    file().commit();
    const Bytes committed = file().on_file();
    std::size_t i = 0;
    while (i < after.size() && committed[i] == after[i]) ++i;
    if (i < after.size())
      return "lost at byte " + std::to_string(i % kPlaceBytes) + " of place " +
             std::to_string(i / kPlaceBytes);
  }
  return "";
}

void tracked(const char *what, const std::function<void()> &prepare, const std::function<void()> &call,
             Writes writes) {
  const std::string problem = problem_of(prepare, call, writes);
  if (!problem.empty()) FAIL_CHECK(what << ": " << problem);
  SUCCEED(what);
}

}  // namespace test

TEST_CASE("a store that nothing marks is noticed as lost") {
  const std::string problem = test::problem_of([] {}, [] { *test::at<int>(2) = 1; }, test::Writes::always);
  CHECK(problem == "lost at byte 0 of place 2");
}
