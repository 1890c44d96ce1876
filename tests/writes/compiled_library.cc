// Functions of the C++ library that are compiled in libstdc++.so or libc++.so, and not with the program: what
// they write to objects that are passed to them. The pass marks it around the call.
#include <algorithm>
#include <charconv>
#include <istream>
#include <sstream>
#include <streambuf>
#include <string>

#include "kind.h"

// Also in modes of the language in which libstdc++'s headers do not say so.
#ifdef __GLIBCXX__
extern template class std::basic_string<char>;
#endif

namespace {

template <typename T>
T *in(byte *to) {
  return reinterpret_cast<T *>(to);
}

#define COMPILED(NAME, BYTES, ALIGNMENT) \
  KIND_WITH(NAME, BYTES, ALIGNMENT, nullptr, nullptr, TRACKED_BY_INTERPOSER)

// A number that is not what was there.
std::istringstream digits(uint64_t seed) {
  return std::istringstream(std::to_string(seed % 30000) + " word 1.5 x");
}

KIND(extracted_int, 4, 4) { digits(seed) >> *in<int>(to); }
KIND(extracted_long, 8, 8) { digits(seed) >> *in<long>(to); }
KIND(extracted_short, 2, 2) { digits(seed) >> *in<short>(to); }
KIND(extracted_double, 8, 8) { digits(seed) >> *in<double>(to); }
KIND(extracted_bool, 1, 1) {
  *in<volatile byte>(to) = 7;
  checkpoint();
  std::istringstream("1") >> *in<bool>(to);
}
KIND(extracted_character, 1, 1) { digits(seed) >> *in<char>(to); }
COMPILED(read_characters, 5, 1) { digits(seed).read(in<char>(to), 5); }
COMPILED(read_one_character, 1, 1) { digits(seed).read(in<char>(to), 1); }
KIND(get_character, 1, 1) { digits(seed).get(*in<char>(to)); }
COMPILED(get_characters, 8, 1) { digits(seed).get(in<char>(to), 8); }
COMPILED(getline_characters, 8, 1) { digits(seed).getline(in<char>(to), 8, 'w'); }
COMPILED(readsome_characters, 8, 1) {
  (void)digits(seed).readsome(in<char>(to), 1 + static_cast<long>(seed % 8));
}
COMPILED(extracted_array, 12, 1) {
  auto stream = digits(seed);
  stream.width(12);
  stream >> *in<char[12]>(to);
}
COMPILED(copied_from_string, 8, 1) { (void)std::to_string(seed).copy(in<char>(to), 1 + seed % 3); }
KIND(to_chars_double, 32, 1) {
  (void)std::to_chars(in<char>(to), in<char>(to) + 32, static_cast<double>(seed));
}
COMPILED(sorted_numbers, 256, 4) {
  for (uint64_t i = 0; i < 64; ++i) in<int>(to)[i] = static_cast<int>(i * 2654435761 % 1009);
  checkpoint();
  std::sort(in<int>(to), in<int>(to) + 64);
}

// Short strings lie in the object; what else is in it depends on where it is.
#define SHORT_STRING(NAME) \
  KIND_WITH(NAME, sizeof(std::string), 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS | TRACKED_BY_INTERPOSER)

SHORT_STRING(string_appended) {
  auto *text = new (to) std::string("ab");
  checkpoint();
  text->append(1, static_cast<char>('a' + seed % 26));
  checkpoint();
  text->append("xyz", 1 + seed % 3);
  checkpoint();
  text->push_back('!');
}
SHORT_STRING(string_replaced) {
  auto *text = new (to) std::string("abcdef");
  checkpoint();
  text->replace(1, 2, "X");
  checkpoint();
  text->insert(0, 1, 'i');
  checkpoint();
  text->erase(2, 1);
  checkpoint();
  text->resize(3);
  checkpoint();
  text->assign(1 + seed % 7, 'q');
}
SHORT_STRING(string_returned) { new (to) std::string(std::to_string(seed).substr(0, 3)); }
SHORT_STRING(string_extracted) {
  auto *text = new (to) std::string();
  checkpoint();
  digits(seed) >> *text;
  checkpoint();
  std::istringstream lines("one\ntwo\n");
  std::getline(lines, *text);
}

}  // namespace
