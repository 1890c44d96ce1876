// What random programs keep in a part: a stretch of it for each structure, in which it starts from zeros.
// Each function changes its structure some more; what it does is a function of random and of what is there.
// All of it is written through W (writers.h).
#pragma once
#include "random.h"
#include "writers.h"

namespace soak {

struct Stretch {
  char *begin;
  u64 bytes;  // a multiple of 8, at least 256
  template <typename T>
  T *at(u64 offset) const {
    return reinterpret_cast<T *>(begin + offset);
  }
};

// Stores of all widths at odd places, and loops over neighbouring elements.
template <typename W>
void change_array(Stretch s, Random &random, u64 operations) {
  for (u64 i = 0; i < operations; ++i) {
    char *at = s.begin + random.below(s.bytes - 16);
    const u64 value = random.next();
    switch (value % 6) {
      case 0:
        W::template put<std::uint8_t>(at, static_cast<std::uint8_t>(value >> 8));
        break;
      case 1:
        W::template put<std::uint16_t>(at, static_cast<std::uint16_t>(value >> 8));
        break;
      case 2:
        W::template put<u32>(at, static_cast<u32>(value >> 8));
        break;
      case 3:
        W::template put<double>(at, static_cast<double>(value >> 11));
        break;
      default:
        W::template put<u64>(at, value);
        break;
    }
    if (value % 7 != 0) continue;
    const u64 first = random.below(s.bytes / 4 - 8), count = 1 + random.below(s.bytes / 4 - first);
    for (u64 e = first; e < first + count && e < first + 200; ++e)
      W::put(s.at<u32>(4 * e), *s.at<u32>(4 * e) + static_cast<u32>(value));
  }
}

// A list linked both ways by plain pointers, with a free list of its own.
struct Node {
  Node *next, *previous;
  u64 value, birth;
};
struct ListHead {
  Node *head, *tail, *free;
  u64 fresh;  // bytes; from here on no node was ever used
  u64 length;
};

template <typename W>
Node *new_node(ListHead *list, Stretch s) {
  if (Node *node = list->free; node != nullptr) {
    W::put(&list->free, node->next);
    return node;
  }
  if (list->fresh + sizeof(Node) > s.bytes) return nullptr;
  Node *node = s.at<Node>(list->fresh);
  W::put(&list->fresh, list->fresh + sizeof(Node));
  return node;
}

template <typename W>
void link(ListHead *list, Node *previous, Node *next, Node *to_the_right, Node *to_the_left) {
  W::put(previous != nullptr ? &previous->next : &list->head, to_the_right);
  W::put(next != nullptr ? &next->previous : &list->tail, to_the_left);
}

template <typename W>
void remove_node(ListHead *list, Node *node) {
  link<W>(list, node->previous, node->next, node->next, node->previous);
  W::put(&node->next, list->free);
  W::put(&list->free, node);
  W::put(&list->length, list->length - 1);
}

template <typename W>
void change_list(Stretch s, Random &random, u64 operations) {
  auto *list = s.at<ListHead>(0);
  if (list->fresh == 0) W::put(&list->fresh, u64{sizeof(ListHead)});
  for (u64 i = 0; i < operations; ++i) {
    Node *place = list->head;
    for (u64 walk = random.below(8); walk > 0 && place != nullptr; --walk) place = place->next;
    Node *node = random.below(5) < 3 ? new_node<W>(list, s) : nullptr;
    if (node == nullptr) {
      if (place != nullptr) remove_node<W>(list, place);
      continue;
    }
    Node *previous = place != nullptr ? place->previous : list->tail;
    const Node made = {place, previous, random.next(), list->length};
    W::copy(node, &made, sizeof made);
    link<W>(list, previous, place, node, node);
    W::put(&list->length, list->length + 1);
  }
}

// A hash table with linear probing that is emptied when it gets full.
template <typename W>
void change_table(Stretch s, Random &random, u64 operations) {
  struct Slot {
    u64 key, value;
  };
  auto *used = s.at<u64>(0);
  auto *slots = s.at<Slot>(16);
  const u64 count = (s.bytes - 16) / sizeof(Slot);
  for (u64 i = 0; i < operations; ++i) {
    if (*used * 4 > count * 3) {
      W::fill(slots, 0, count * sizeof(Slot));
      W::put(used, u64{0});
    }
    const u64 key = 1 + random.below(2 * count);
    u64 at = key * 0x9e3779b97f4a7c15u % count;
    while (slots[at].key != 0 && slots[at].key != key) at = (at + 1) % count;
    if (slots[at].key == 0) W::put(used, *used + 1);
    W::put(&slots[at].key, key);
    W::put(&slots[at].value, slots[at].value + random.next());
  }
}

// Records one behind the other; when there is no room, the newer half moves to the front.
template <typename W>
void change_append_log(Stretch s, Random &random, u64 operations) {
  struct Head {
    u64 end, records, sum;
  };
  auto *head = s.at<Head>(0);
  char *bytes = s.begin + sizeof(Head);
  const u64 room = s.bytes - sizeof(Head);
  u64 words[16];
  for (u64 i = 0; i < operations; ++i) {
    const u64 count = 8 + random.below(sizeof words - 8);
    for (u64 &w : words) w = random.next();
    words[0] = count;
    if (head->end + count > room) {
      const u64 half = head->end / 2;
      W::move(bytes, bytes + half, head->end - half);
      W::put(&head->end, head->end - half);
    }
    W::copy(bytes + head->end, words, count);
    const Head next = {head->end + count, head->records + 1, head->sum ^ words[1]};
    W::copy(head, &next, sizeof next);
  }
}

template <typename W>
void change_counters(Stretch s, Random &random, u64 operations) {
  for (u64 i = 0; i < operations; ++i) {
    auto *counter = s.at<u64>(8 * random.below(s.bytes / 8));
    const u64 value = random.next();
    if (value % 4 == 0)
      W::exchange(counter, value);
    else
      W::add(counter, value);
  }
}

// Blocks that are copied, moved, filled, written through the descriptor, or by the kernel.
template <typename W>
void change_blocks(const Part &part, Stretch s, Random &random, u64 operations) {
  char block[512];
  for (u64 i = 0; i < operations; ++i) {
    const u64 count = 1 + random.below(s.bytes / 2 < sizeof block ? s.bytes / 2 : sizeof block);
    char *at = s.begin + random.below(s.bytes - count);
    for (u64 b = 0; b < count; ++b) block[b] = static_cast<char>(random.next());
    switch (random.below(5)) {
      case 0:
        W::copy(at, block, count);
        break;
      case 1:
        W::move(at, s.begin + random.below(s.bytes - count), count);
        break;
      case 2:
        W::fill(at, block[0], count);
        break;
      case 3:
        W::write_at(part, static_cast<u64>(at - part.begin), block, count);
        break;
      default:
        W::read_into(at, block, count);
        break;
    }
  }
}

// A large part of the stretch at once, with other bytes in every line.
template <typename W>
void change_bulk(Stretch s, Random &random) {
  u64 words[128];
  for (u64 &w : words) w = random.next();
  const u64 first = random.below(s.bytes / 2), end = s.bytes - random.below(s.bytes / 2);
  for (u64 at = first; at < end; at += sizeof words) {
    ++words[at % 128];
    W::copy(s.begin + at, words, end - at < sizeof words ? end - at : sizeof words);
  }
}

template <typename W>
void change_text(Stretch s, Random &random, u64 operations) {
  char word[48];
  for (u64 i = 0; i < operations; ++i) {
    const u64 length = random.below(sizeof word - 1);
    for (u64 c = 0; c < length; ++c) word[c] = static_cast<char>('a' + random.below(26));
    word[length] = 0;
    W::text(s.begin + random.below(s.bytes - sizeof word), word);
  }
}

}  // namespace soak
