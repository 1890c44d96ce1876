// The store of kv.cc: three maps in a boost::interprocess::managed_mapped_file, which grows when full.
#ifndef EXAMPLES_KV_STORE_H
#define EXAMPLES_KV_STORE_H

#include <sys/mman.h>

#include <algorithm>
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/map.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/managed_mapped_file.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bip = boost::interprocess;

inline constexpr std::uint64_t recent_max = 100;

inline std::string value_of(std::string_view word, std::uint64_t line) {
  return std::to_string(line) + " " + std::string(word);
}

inline std::vector<std::string> read_lines(const std::string &path) {
  std::ifstream input(path);
  if (!input) throw std::runtime_error(path + ": cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  return lines;
}

class Store {
 public:
  template <typename T>
  using Allocator = bip::allocator<T, bip::managed_mapped_file::segment_manager>;
  using String = bip::basic_string<char, std::char_traits<char>, Allocator<char>>;
  struct Less {  // also between stored and ordinary strings
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a < b; }
    bool operator()(const String &a, const String &b) const { return view(a) < view(b); }
    bool operator()(const String &a, std::string_view b) const { return view(a) < b; }
    bool operator()(std::string_view a, const String &b) const { return a < view(b); }
  };
  template <typename Key, typename Value, typename Compare>
  using Map = bip::map<Key, Value, Compare, Allocator<std::pair<const Key, Value>>>;
  using Words = Map<String, String, Less>;
  using Lengths = Map<std::uint64_t, std::uint64_t, std::less<>>;
  using Recent = Map<std::uint64_t, String, std::less<>>;
  enum Existing { existing };

  static std::string_view view(const String &text) { return {text.data(), text.size()}; }

  // Opens the store, or creates it and flushes it.
  explicit Store(std::string path) : path_(std::move(path)) {
    // A creation that did not come as far as its first flush left nothing, or zeros that Boost would take for
    // a creation in progress, and wait for.
    if (never_committed(path_)) std::filesystem::remove(path_);
    segment_.emplace(bip::open_or_create, path_.c_str(), initial_bytes);
    locate();
    flush();
  }

  // Opens the store; throws if there is none.
  Store(std::string path, Existing) : path_(std::move(path)) {
    if (never_committed(path_)) throw std::runtime_error(path_ + ": no store");
    segment_.emplace(bip::open_only, path_.c_str());
    locate();
  }

  // Boost sets the file's first word last. It is looked at through a mapping, as Boost will.
  static bool never_committed(const std::string &path) {
    if (!std::filesystem::exists(path) || std::filesystem::file_size(path) < sizeof(std::uint32_t))
      return true;
    bip::file_mapping file(path.c_str(), bip::read_write);
    bip::mapped_region region(file, bip::read_write, 0, sizeof(std::uint32_t));
    return *static_cast<const volatile std::uint32_t *>(region.get_address()) == 0;
  }

  std::uint64_t count() const { return *count_; }
  const Words &words() const { return *words_; }
  const Lengths &lengths() const { return *lengths_; }
  const Recent &recent() const { return *recent_; }
  bool check_sanity() { return segment_->check_sanity(); }

  // Not segment_->flush(), which asks for MS_ASYNC: atomic, but not durable before a later commit is. The
  // segment begins behind a header of Boost's, in the same page.
  void flush() {
    const auto begin = reinterpret_cast<std::uintptr_t>(segment_->get_address());
    const std::uintptr_t page = begin & ~std::uintptr_t{4095};
    if (msync(reinterpret_cast<void *>(page), segment_->get_size() + (begin - page), MS_SYNC) != 0)
      throw std::runtime_error(path_ + ": msync failed");
  }

  // The next word of the list. As any change that could stop halfway, it must not throw: unwinding would
  // unmap the file with half a change in it.
  void append(std::string_view word) noexcept {
    std::uint64_t line = *count_ + 1;
    put_in_place(word, value_of(word, line));
    ++(*lengths_)[word.size()];
    recent_->emplace(line, string(word));
    if (line > recent_max) recent_->erase(line - recent_max);
    *count_ = line;
  }

  void put(std::string_view key, std::string_view value) {
    make_room(bytes_for(key.size()) + value.size());
    put_in_place(key, value);
  }

  bool erase(std::string_view key) noexcept {
    auto found = words_->find(key);
    if (found == words_->end()) return false;
    words_->erase(found);
    return true;
  }

  // Room for the words from count() to `end`. To be called when everything is flushed: growth unmaps the
  // file.
  void make_room(const std::vector<std::string> &list, std::uint64_t end) {
    std::uint64_t bytes = 0;
    for (std::uint64_t i = count(); i < end; ++i) bytes += bytes_for(list[i].size());
    make_room(bytes);
  }

  void grow(std::uint64_t bytes) {
    std::uint64_t segment_bytes = segment_->get_size();
    segment_.reset();
    // A growth that was cut short may have left the file longer than the segment knows.
    if (std::filesystem::file_size(path_) > segment_bytes) std::filesystem::resize_file(path_, segment_bytes);
    if (!bip::managed_mapped_file::grow(path_.c_str(), bytes))
      throw std::runtime_error(path_ + ": cannot grow");
    segment_.emplace(bip::open_only, path_.c_str());
    locate();
  }

 private:
  static constexpr std::uint64_t initial_bytes = 256 * 1024, growth_bytes = 1024 * 1024;

  // At most this much for a word: three nodes, and four strings with the allocator's headers.
  static std::uint64_t bytes_for(std::uint64_t length) { return 1024 + 4 * length; }

  String string(std::string_view text) {
    return String(text.data(), text.size(), Allocator<char>(segment_->get_segment_manager()));
  }

  void put_in_place(std::string_view key, std::string_view value) noexcept {
    auto found = words_->find(key);
    if (found != words_->end()) {
      found->second.assign(value.data(), value.size());
    } else {
      words_->emplace(string(key), string(value));
    }
  }

  void make_room(std::uint64_t bytes) {
    if (segment_->get_free_memory() < bytes) grow(std::max(bytes, growth_bytes));
  }

  template <typename T>
  T *located(const char *name) {
    return segment_->find_or_construct<T>(name)(Allocator<char>(segment_->get_segment_manager()));
  }

  void locate() {
    words_ = located<Words>("words");
    lengths_ = located<Lengths>("lengths");
    recent_ = located<Recent>("recent");
    count_ = segment_->find_or_construct<std::uint64_t>("count")(0U);
  }

  std::string path_;
  std::optional<bip::managed_mapped_file> segment_;
  Words *words_ = nullptr;
  Lengths *lengths_ = nullptr;
  Recent *recent_ = nullptr;
  std::uint64_t *count_ = nullptr;
};

#endif
