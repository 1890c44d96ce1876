// One call whose pointers lead into a managed file: whatever it has written is in the next commit.
//
// Method: the file holds known bytes, all committed, so that no line is marked. The call is made; then the
// file is committed and compared with the working copy. These programs are compiled without the pass, so a
// line that the function fails to mark stays behind, and so would a store of the test's own: what has to be
// there before is stored by `prepare`, which is committed as well. Each call is made with its objects at the
// start of a page, and across the end of one.
#pragma once
#include <functional>
#include <string>

namespace test {

constexpr int kPlaces = 7;

// Address of a place in the file, 8 KiB apart from the others. Where in its page it is, the run decides.
char *place(int n);

template <typename T>
T *at(int n) {
  return reinterpret_cast<T *>(place(n));
}

enum class Writes { always, perhaps };  // perhaps: where the machine has nothing to tell

// What is wrong, or "".
std::string problem_of(const std::function<void()> &prepare, const std::function<void()> &call,
                       Writes writes);
void tracked(const char *what, const std::function<void()> &prepare, const std::function<void()> &call,
             Writes writes);

}  // namespace test

#define TRACKED(...) \
  ::test::tracked(#__VA_ARGS__, [] {}, [&] { (void)(__VA_ARGS__); }, ::test::Writes::always)
#define TRACKED_AFTER(prepare, ...) \
  ::test::tracked(#__VA_ARGS__, [&] { prepare; }, [&] { (void)(__VA_ARGS__); }, ::test::Writes::always)
#define TRACKED_IF_ANY(...) \
  ::test::tracked(#__VA_ARGS__, [] {}, [&] { (void)(__VA_ARGS__); }, ::test::Writes::perhaps)
#define TRACKED_IF_ANY_AFTER(prepare, ...) \
  ::test::tracked(#__VA_ARGS__, [&] { prepare; }, [&] { (void)(__VA_ARGS__); }, ::test::Writes::perhaps)
