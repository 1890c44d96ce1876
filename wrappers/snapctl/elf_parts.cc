#include "elf_parts.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace snapctl {
namespace {

class Image {
 public:
  explicit Image(std::string bytes) : bytes_(std::move(bytes)) {}

  // A copy of the object at this offset, or nothing where the file does not have it.
  template <typename T>
  std::optional<T> at(uint64_t offset) const {
    T value;
    if (offset > bytes_.size() || sizeof value > bytes_.size() - offset) return std::nullopt;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  std::string text(uint64_t offset, uint64_t length) const {
    if (offset > bytes_.size()) return "";
    return bytes_.substr(offset, std::min<uint64_t>(length, bytes_.size() - offset));
  }
  // Up to a zero.
  std::string name(uint64_t offset) const {
    return offset < bytes_.size() ? std::string(bytes_.c_str() + offset) : "";
  }

 private:
  std::string bytes_;
};

std::string cut_at(std::string &text, const std::string &mark) {
  const size_t at = text.find(mark);
  std::string head = text.substr(0, at);
  text = at == std::string::npos ? "" : text.substr(at + mark.size());
  return head;
}

Note parse_note(std::string text) {
  text = text.c_str();  // up to the padding
  Note note;
  std::string rest = text;
  const std::string before_range = cut_at(rest, " range ");
  note.identity = before_range + " range " + cut_at(rest, " ");
  note.options = cut_at(rest, " source ");
  note.source = rest;
  return note;
}

void read_notes(const Image &image, uint64_t begin, uint64_t bytes, std::vector<Note> *notes) {
  const auto padded = [](uint64_t n) { return (n + 3) / 4 * 4; };
  for (uint64_t at = begin; at < begin + bytes;) {
    const auto header = image.at<Elf64_Nhdr>(at);
    if (!header) return;
    const uint64_t owner = at + sizeof *header, text = owner + padded(header->n_namesz);
    if (header->n_type == 1 && image.text(owner, header->n_namesz) == std::string("Snapshot", 9))
      notes->push_back(parse_note(image.text(text, header->n_descsz)));
    at = text + padded(header->n_descsz);
  }
}

void read_symbols(const Image &image, const Elf64_Shdr &table, const Elf64_Shdr &names, ElfParts *parts) {
  for (uint64_t at = table.sh_offset; at + sizeof(Elf64_Sym) <= table.sh_offset + table.sh_size;
       at += sizeof(Elf64_Sym)) {
    const auto symbol = image.at<Elf64_Sym>(at);
    if (!symbol) return;
    const std::string name = image.name(names.sh_offset + symbol->st_name);
    if (table.sh_type == SHT_SYMTAB && ELF64_ST_TYPE(symbol->st_info) == STT_FILE && !name.empty())
      parts->sources.push_back(name);
    if (symbol->st_shndx == SHN_UNDEF && (name == "dlopen" || name == "dlmopen")) parts->loads_others = true;
  }
}

}  // namespace

std::optional<ElfParts> read_elf(const std::string &path, std::string *why) {
  std::ifstream input(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
  if (!input) {
    *why = "cannot be read";
    return std::nullopt;
  }
  const Image image(std::move(bytes));
  const auto header = image.at<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64) {
    *why = "is no 64-bit ELF file";
    return std::nullopt;
  }
  ElfParts parts;
  for (unsigned i = 0; i < header->e_phnum; ++i)
    if (const auto segment = image.at<Elf64_Phdr>(header->e_phoff + uint64_t{i} * sizeof(Elf64_Phdr));
        segment && segment->p_type == PT_INTERP)
      parts.loader = image.text(segment->p_offset, segment->p_filesz).c_str();
  const auto section = [&](uint64_t i) {
    return image.at<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr));
  };
  for (unsigned i = 0; header->e_shoff != 0 && i < header->e_shnum; ++i) {
    const auto s = section(i);
    if (!s) break;
    if (s->sh_type == SHT_NOTE) read_notes(image, s->sh_offset, s->sh_size, &parts.notes);
    if (s->sh_type == SHT_SYMTAB || s->sh_type == SHT_DYNSYM)
      if (const auto names = section(s->sh_link)) read_symbols(image, *s, *names, &parts);
  }
  return parts;
}

}  // namespace snapctl
