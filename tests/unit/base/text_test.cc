#include "base/text.h"

#include <catch2/catch.hpp>
#include <climits>
#include <string>

#include "base/message.h"
#include "quiet.h"

using snapshot::Text;

namespace {
template <typename T>
std::string shown(T value) {
  Text<64> text;
  text << value;
  return text.c_str();
}
std::string shown_hex(snapshot::u64 value) {
  Text<64> text;
  text.hex(value);
  return text.c_str();
}
}  // namespace

TEST_CASE("text shows numbers in full, at both ends of their range") {
  CHECK(shown(snapshot::u64{0}) == "0");
  CHECK(shown(snapshot::u64{ULONG_MAX}) == "18446744073709551615");
  CHECK(shown(-1) == "-1");
  CHECK(shown(INT_MIN) == "-2147483648");
  CHECK(shown(snapshot::u32{4294967295u}) == "4294967295");
}

TEST_CASE("text shows hexadecimal numbers without leading zeros") {
  CHECK(shown_hex(0) == "0x0");
  CHECK(shown_hex(0x10) == "0x10");
  CHECK(shown_hex(0xfedcba9876543210) == "0xfedcba9876543210");
}

TEST_CASE("text that does not fit is cut, stays terminated, and says that it is not complete") {
  Text<8> text;
  text << "123456";
  CHECK(text.complete());
  text << "7";
  CHECK_FALSE(text.complete());
  text << "89";
  CHECK(std::string(text.c_str()) == "1234567");
  CHECK(text.size() == 7);
}

TEST_CASE("text can be used again after clear") {
  Text<8> text;
  text << "123456789";
  text.clear();
  CHECK(text.size() == 0);
  text << "ab";
  CHECK(std::string(text.c_str()) == "ab");
}

TEST_CASE("a failure keeps its text for the caller and returns its errno") {
  snapshot::Message m;
  m << "file: what happened";
  CHECK(snapshot::fail(ENOSPC, m).error == ENOSPC);
  CHECK(test::last_error() == "file: what happened");
}

TEST_CASE("the errors that a user can meet have words of their own") {
  const std::string unknown = snapshot::error_words(12345);
  for (int error : {EPERM,        ENOENT,     EIO,    EAGAIN,  ENOMEM,  EACCES, EEXIST, ENODEV,
                    ENOTDIR,      EISDIR,     EINVAL, EMFILE,  EFBIG,   ENOSPC, EROFS,  ELOOP,
                    ENAMETOOLONG, EOPNOTSUPP, EDQUOT, EDEADLK, EBADMSG, ESTALE, ENXIO})
    CHECK(snapshot::error_words(error) != unknown);
}
