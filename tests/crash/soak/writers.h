// The ways in which a random program writes to its mapped file. Each writer leaves the same bytes; what
// differs is who sees them being written.
#pragma once
#include <unistd.h>

#include <cstring>

#include "part.h"

namespace soak {

// The program's own stores, of any alignment.
template <typename T>
struct __attribute__((packed, may_alias)) Unaligned {
  T value;
};

// Stores, which the pass tracks when snapc++ compiles them. It is also what writes the model.
struct OwnStores {
  static constexpr bool has_own_stores = true;
  template <typename T>
  static void put(void *at, T value) {
    static_cast<Unaligned<T> *>(at)->value = value;
  }
  static void add(u64 *at, u64 value) { __atomic_fetch_add(at, value, __ATOMIC_ACQ_REL); }
  static void exchange(u64 *at, u64 value) { (void)__atomic_exchange_n(at, value, __ATOMIC_ACQ_REL); }
  static void copy(void *at, const void *from, u64 bytes) {
    auto *to = static_cast<unsigned char *>(at);
    auto *source = static_cast<const unsigned char *>(from);
    for (u64 i = 0; i < bytes; ++i) to[i] = source[i];
  }
  static void move(void *at, const void *from, u64 bytes) { std::memmove(at, from, bytes); }
  static void fill(void *at, int byte, u64 bytes) { std::memset(at, byte, bytes); }
  static void text(char *at, const char *text) {
    do *at++ = *text;
    while (*text++ != 0);
  }
};

// Writes to a file that is mapped, and what the kernel writes into the mapping.
[[noreturn]] void give_up(const char *what);  // the program's, not the model's

struct ThroughDescriptors {
  static void write_at(const Part &part, u64 offset, const void *bytes, u64 count) {
    const auto wanted = static_cast<ssize_t>(count);
    if (pwrite(part.fd, bytes, count, static_cast<off_t>(part.file_offset + offset)) != wanted)
      give_up("pwrite to the mapped file");
  }
  static void read_into(void *at, const void *bytes, u64 count) {
    thread_local int ends[2] = {-1, -1};
    if (ends[0] < 0 && pipe(ends) != 0) give_up("pipe");
    const auto wanted = static_cast<ssize_t>(count);
    if (write(ends[1], bytes, count) != wanted) give_up("write to a pipe");
    if (read(ends[0], at, count) != wanted) give_up("read into the mapped file");
  }
  static void resize(Part &part, u64 bytes) {
    if (ftruncate(part.fd, static_cast<off_t>(bytes)) != 0) give_up("ftruncate");
    part.size = bytes;
  }
};

struct InstrumentedWriter : OwnStores, ThroughDescriptors {};

// Compiled with -fno-builtin, so that every one of these is a call that libsnapshot can stand in front of.
struct LibcWriter : ThroughDescriptors {
  static constexpr bool has_own_stores = false;
  template <typename T>
  static void put(void *at, T value) {
    memcpy(at, &value, sizeof value);
  }
  static void add(u64 *at, u64 value) { put(at, *at + value); }
  static void exchange(u64 *at, u64 value) { put(at, value); }
  static void copy(void *at, const void *from, u64 bytes) { memcpy(at, from, bytes); }
  static void move(void *at, const void *from, u64 bytes) { memmove(at, from, bytes); }
  static void fill(void *at, int byte, u64 bytes) { memset(at, byte, bytes); }
  static void text(char *at, const char *text) { strcpy(at, text); }
};

struct ModelWriter : OwnStores {
  static void write_at(const Part &part, u64 offset, const void *bytes, u64 count) {
    std::memcpy(part.begin + offset, bytes, count);
  }
  static void read_into(void *at, const void *bytes, u64 count) { std::memcpy(at, bytes, count); }
  static void resize(Part &part, u64 bytes) {
    if (bytes < part.size) std::memset(part.begin + bytes, 0, part.size - bytes);
    part.size = bytes;
  }
};

}  // namespace soak
