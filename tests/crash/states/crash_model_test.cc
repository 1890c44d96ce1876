// The model of the media, by hand: which contents a crash may leave after a few events.
#include <catch2/catch.hpp>
#include <set>

#include "images.h"

using namespace states;

namespace {

using Contents = std::set<std::string>;

// One file, /d/file, of words; each letter stands for a word of eight such bytes.
class Media {
 public:
  explicit Media(const std::string &words) { apply({EventKind::file, 0, 0, 7, 0, "/d/file", spell(words)}); }

  Media &store_nt(u64 word, const std::string &words, u32 thread = 0) {
    return apply({EventKind::store_nt, thread, 0, word * 8, words.size() * 8, {}, spell(words)});
  }
  Media &store(u64 word, const std::string &words) {
    return apply({EventKind::store, 0, 0, word * 8, words.size() * 8, {}, spell(words)});
  }
  Media &fence(u32 thread = 0) { return apply({EventKind::fence, thread, 0, 0, 0, {}, {}}); }
  Media &sync() { return apply({EventKind::sync, 0, 0, 0, 0, {}, {}}); }
  Media &sync_word(u64 word) { return apply({EventKind::sync, 0, 0, word * 8, 8, {}, {}}); }
  Media &sync_fails() { return apply({EventKind::sync_failed, 0, 0, 0, 0, {}, {}}); }
  Media &write_back(u64 word) { return apply({EventKind::write_back, 0, 0, word * 8, 8, {}, {}}); }
  Media &resize(u64 words) { return apply({EventKind::resize, 0, 0, 0, words * 8, {}, {}}); }
  Media &punch(u64 word) { return apply({EventKind::punch, 0, 0, word * 8, 8, {}, {}}); }
  Media &unlink() { return apply({EventKind::unlink, 0, 0, 0, 0, "/d/file", {}}); }
  Media &rename(const std::string &to) { return apply({EventKind::rename, 0, 0, 0, 0, "/d/file", to}); }
  Media &sync_directory() { return apply({EventKind::sync_directory, 0, 0, 0, 0, "/d", {}}); }

  // What a crash may leave: name and contents, for each image.
  Contents states() {
    const std::vector<Choice> choices = model_.choices();
    bool exhaustive = false;
    Contents all;
    for (const ImageName &image : images_of(choices, {}, &exhaustive)) {
      std::vector<u32> options;
      options_of(choices, image, 1, &options);
      model_.build(choices, options);
      all.insert(read());
      files_.back_to(0);
    }
    REQUIRE(exhaustive);
    return all;
  }

 private:
  static std::string spell(const std::string &words) {
    std::string bytes;
    for (char c : words) bytes += std::string(8, c == '0' ? 0 : c);
    return bytes;
  }
  std::string read() const {
    std::string text;
    for (u32 name = 0; name < files_.name_count(); ++name) {
      if (files_.named(name) == SimulatedFiles::none) continue;
      if (files_.name(name) != "/d/file") text += files_.name(name) + "=";
      const auto &bytes = files_[files_.named(name)].bytes;
      for (std::size_t i = 0; i < bytes.size(); i += 8)
        text += bytes[i] == 0 ? '0' : static_cast<char>(bytes[i]);
    }
    return text;
  }
  Media &apply(const Event &event) {
    model_.apply(event);
    files_.forget_journal();
    return *this;
  }
  SimulatedFiles files_;
  CrashModel model_{files_};
};

}  // namespace

TEST_CASE("words of one store are there or not, each by itself") {
  CHECK(Media("ab").store_nt(0, "AB").states() == Contents{"ab", "Ab", "aB", "AB"});
}

TEST_CASE("a word that does not change is no choice") {
  CHECK(Media("ab").store(0, "aB").states().size() == 2);
}

TEST_CASE("of several values of a word any may be there") {
  CHECK(Media("a").store(0, "B").store(0, "C").states() == Contents{"a", "B", "C"});
}

TEST_CASE("a fence is for the stores of its own thread") {
  CHECK(Media("ab").store_nt(0, "A", 0).store_nt(1, "B", 1).fence(1).states() == Contents{"aB", "AB"});
}

TEST_CASE("neither a sync nor a fence does the other's work") {
  CHECK(Media("a").store_nt(0, "A").sync().states() == Contents{"a", "A"});
  CHECK(Media("a").store(0, "A").fence().states() == Contents{"a", "A"});
  CHECK(Media("a").store(0, "A").write_back(0).fence().states() == Contents{"A"});
}

TEST_CASE("a sync of a range leaves the rest pending") {
  CHECK(Media("ab").store(0, "AB").sync_word(1).states() == Contents{"aB", "AB"});
}

TEST_CASE("what a failed sync has lost comes back only by being stored again") {
  CHECK(Media("a").store(0, "A").sync_fails().sync().states() == Contents{"a", "A"});
  CHECK(Media("a").store(0, "A").sync_fails().store(0, "A").sync().states() == Contents{"A"});
  CHECK(Media("a").store(0, "A").sync_fails().store(0, "a").sync().states() == Contents{"a"});
}

TEST_CASE("a size is there or not, and what is stored beyond the old one needs it") {
  CHECK(Media("a").resize(2).store_nt(1, "B").states() == Contents{"a", "a0", "aB"});
  CHECK(Media("a").resize(2).store_nt(1, "B").fence().states() == Contents{"a", "aB"});
  CHECK(Media("a").resize(2).store_nt(1, "B").fence().sync().states() == Contents{"aB"});
  CHECK(Media("a").resize(2).store_nt(1, "B").sync().states() == Contents{"a0", "aB"});
}

TEST_CASE("a file that shrinks and grows again may have its old bytes, or zeros, or new ones") {
  CHECK(Media("ab").resize(1).states() == Contents{"ab", "a"});
  CHECK(Media("ab").resize(1).resize(2).states() == Contents{"ab", "a", "a0"});
  CHECK(Media("ab").resize(1).resize(2).store(1, "B").states() == Contents{"ab", "a", "a0", "aB"});
  CHECK(Media("ab").store(1, "B").resize(1).states() == Contents{"ab", "aB", "a"});
  CHECK(Media("ab").store(1, "B").resize(1).sync().resize(2).states() == Contents{"a", "a0"});
}

TEST_CASE("a hole is there or not") {
  CHECK(Media("ab").punch(1).states() == Contents{"ab", "a0"});
  CHECK(Media("ab").store(1, "B").punch(1).sync().states() == Contents{"a0"});
}

TEST_CASE("a store beyond the end makes the file larger") {
  CHECK(Media("a").store(1, "B").states() == Contents{"a", "a0", "aB"});
}

TEST_CASE("names change in order, and for good with a sync of the directory") {
  CHECK(Media("a").unlink().states() == Contents{"a", ""});
  CHECK(Media("a").unlink().sync().states() == Contents{"a", ""});
  CHECK(Media("a").unlink().sync_directory().states() == Contents{""});
  CHECK(Media("a").rename("/d/x").states() == Contents{"a", "/d/x=a"});
}

TEST_CASE("an image has a name that brings it back") {
  for (const std::string text :
       {"0x1f", "prefix:7", "without:3", "only:3", "words:12", "lines:0", "0x1f/2=only:3/0=0x0"}) {
    ImagePath path;
    REQUIRE(parse(text, &path));
    CHECK(to_string(path) == text);
  }
  ImagePath path;
  for (const std::string text : {"", "7", "0x", "prefix:", "prefix:x", "0x1/0x2", "1=0x2"})
    CHECK_FALSE(parse(text, &path));
}
