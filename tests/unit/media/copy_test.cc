// Every variant of the verbs that this machine has, against the bytes that it should move.
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "media/persist.h"
#include "platform/cpu.h"
#include "quiet.h"
#include "small_disk.h"

namespace s = snapshot;

namespace {

constexpr s::u64 kMax = 64 * 1024;

std::vector<const s::PersistVerbs *> available_verbs() {
  s::find_libpmem(s::PersistChoice::libpmem);
  std::vector<const s::PersistVerbs *> all;
  for (auto choice : {s::PersistChoice::sse2, s::PersistChoice::avx2, s::PersistChoice::avx512,
                      s::PersistChoice::libpmem}) {
    const s::PersistVerbs *verbs = nullptr;
    if (s::select_persist_verbs(choice, &verbs).ok())
      all.push_back(verbs);
    else
      test::say_skipped("persist verbs", snapshot::last_error_text());
  }
  return all;
}

void fill_with_pattern(s::u8 *bytes, s::u64 count, unsigned seed) {
  for (s::u64 i = 0; i < count; ++i) bytes[i] = static_cast<s::u8>((i * 131 + seed) ^ (i >> 8));
}

}  // namespace

TEST_CASE("every copy moves exactly its lines, whatever their number") {
  struct alignas(64) Buffer {
    s::u8 bytes[kMax + 128];
  };
  static Buffer from, to, expected;
  for (const s::PersistVerbs *verbs : available_verbs()) {
    INFO("verbs " << verbs->name);
    for (s::u64 bytes : {64u, 128u, 192u, 256u, 320u, 512u, 960u, 4096u, 4160u, 16384u + 64u, 65536u})
      for (s::u64 offset : {0u, 64u}) {
        fill_with_pattern(from.bytes, sizeof from.bytes, static_cast<unsigned>(bytes));
        std::memset(to.bytes, 0xee, sizeof to.bytes);
        std::memset(expected.bytes, 0xee, sizeof expected.bytes);
        std::memcpy(expected.bytes + offset, from.bytes, bytes);
        verbs->copy_nt(to.bytes + offset, from.bytes, bytes);
        verbs->fence();
        CHECK(std::memcmp(to.bytes, expected.bytes, sizeof to.bytes) == 0);
      }
  }
}

TEST_CASE("a scattered copy moves each run to its place, and nothing else") {
  struct alignas(64) Buffer {
    s::u8 bytes[64 * 64];
  };
  static Buffer from, to, expected;
  constexpr s::Run runs[] = {{5, 1}, {0, 1}, {62, 2}, {7, 9}, {6, 1}};  // neither sorted nor apart
  s::u64 packed[5];
  for (s::u64 i = 0; i < 5; ++i) packed[i] = runs[i].packed();
  for (const s::PersistVerbs *verbs : available_verbs())
    for (s::u64 count = 0; count <= 5; ++count) {
      INFO("verbs " << verbs->name << ", runs " << count);
      fill_with_pattern(from.bytes, sizeof from.bytes, static_cast<unsigned>(count));
      std::memset(to.bytes, 0xee, sizeof to.bytes);
      std::memset(expected.bytes, 0xee, sizeof expected.bytes);
      const s::u8 *next = from.bytes;
      for (s::u64 i = 0; i < count; ++i) {
        std::memcpy(expected.bytes + runs[i].first * 64, next, runs[i].count * 64);
        next += runs[i].count * 64;
      }
      verbs->scatter_nt(to.bytes, packed, count, from.bytes);
      verbs->fence();
      CHECK(std::memcmp(to.bytes, expected.bytes, sizeof to.bytes) == 0);
    }
}

TEST_CASE("writing lines back changes no byte") {
  alignas(64) static s::u8 bytes[8192];
  for (const s::PersistVerbs *verbs : available_verbs()) {
    fill_with_pattern(bytes, sizeof bytes, 5);
    const std::string before(reinterpret_cast<char *>(bytes), sizeof bytes);
    for (s::u64 count : {64u, 4096u, 8192u}) verbs->write_back(bytes, count);
    verbs->fence();
    CHECK(std::string(reinterpret_cast<char *>(bytes), sizeof bytes) == before);
  }
}

TEST_CASE("the automatic choice is the widest that the CPU has") {
  const s::PersistVerbs *verbs = nullptr;
  REQUIRE(s::select_persist_verbs(s::PersistChoice::automatic, &verbs).ok());
  const s::CpuFeatures &cpu = s::cpu_features();
  CHECK(std::string(verbs->name) == (cpu.avx512 ? "avx512" : cpu.avx2 ? "avx2" : "sse2"));
}

TEST_CASE("asking for what the machine lacks names it") {
  const s::PersistVerbs *verbs = nullptr;
  if (!s::cpu_features().avx512) {
    CHECK(s::select_persist_verbs(s::PersistChoice::avx512, &verbs).error == ENODEV);
    CHECK(test::last_error().find("AVX-512") != std::string::npos);
  }
  s::find_libpmem(s::PersistChoice::libpmem);
  if (dlopen("libpmem.so.1", RTLD_NOW) != nullptr) {
    REQUIRE(s::select_persist_verbs(s::PersistChoice::libpmem, &verbs).ok());
    CHECK(std::string(verbs->name) == "libpmem");
  } else {
    CHECK(s::select_persist_verbs(s::PersistChoice::libpmem, &verbs).error == ENODEV);
    CHECK(test::last_error().find("libpmem") != std::string::npos);
  }
}
