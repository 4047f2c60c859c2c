#include "services/image/layer/tar_builder.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace gantry::image {
namespace {

constexpr size_t kBlockBytes = 512;
constexpr size_t kNameBytes = 100;

void PutText(std::string& header, size_t offset, size_t size,
             absl::string_view text) {
  std::memcpy(&header[offset], text.data(), std::min(size, text.size()));
}

void PutNumber(std::string& header, size_t offset, size_t size, int64_t value) {
  const int64_t limit = int64_t{1} << (3 * (size - 1));
  if (value >= 0 && value < limit) {
    std::snprintf(&header[offset], size, "%0*llo", static_cast<int>(size) - 1,
                  static_cast<long long>(value));
    return;
  }
  for (size_t i = 0; i < size; ++i) {
    const size_t shift = 8 * (size - 1 - i);
    header[offset + i] =
        static_cast<char>(shift >= 64 ? (value < 0 ? -1 : 0) : value >> shift);
  }
  header[offset] = static_cast<char>(header[offset] | 0x80);
}

}  // namespace

std::string TarHeader(const TarEntry& entry, int64_t size) {
  std::string header(kBlockBytes, '\0');
  PutText(header, 0, kNameBytes, entry.name);
  PutNumber(header, 100, 8, entry.mode);
  PutNumber(header, 108, 8, entry.uid);
  PutNumber(header, 116, 8, entry.gid);
  PutNumber(header, 124, 12, size);
  PutNumber(header, 136, 12, entry.mtime);
  PutText(header, 148, 8, "        ");
  header[156] = entry.type;
  PutText(header, 157, kNameBytes, entry.link);
  PutText(header, 257, 8, absl::string_view("ustar\00000", 8));
  PutNumber(header, 329, 8, entry.major);
  PutNumber(header, 337, 8, entry.minor);
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(&header[148], 7, "%06o", sum);
  return header;
}

std::string TarBlocks(absl::string_view content) {
  std::string blocks(content);
  blocks.resize((blocks.size() + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
  return blocks;
}

std::string PaxRecord(absl::string_view key, absl::string_view value) {
  const std::string rest = absl::StrCat(" ", key, "=", value, "\n");
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

TarBuilder& TarBuilder::UsePax() {
  use_pax_ = true;
  return *this;
}

void TarBuilder::AddLong(char type, absl::string_view value) {
  TarEntry header;
  header.name = "././@LongLink";
  header.type = type;
  std::string content(value);
  content.push_back('\0');
  AddRaw(TarHeader(header, static_cast<int64_t>(content.size())));
  AddRaw(TarBlocks(content));
}

TarBuilder& TarBuilder::Add(const TarEntry& entry) {
  std::string pax;
  for (const auto& [key, value] : entry.records) pax += PaxRecord(key, value);
  if (entry.name.size() > kNameBytes) {
    if (use_pax_) {
      pax += PaxRecord("path", entry.name);
    } else {
      AddLong('L', entry.name);
    }
  }
  if (entry.link.size() > kNameBytes) {
    if (use_pax_) {
      pax += PaxRecord("linkpath", entry.link);
    } else {
      AddLong('K', entry.link);
    }
  }
  if (!pax.empty()) {
    TarEntry header;
    header.name = "PaxHeaders";
    header.type = 'x';
    AddRaw(TarHeader(header, static_cast<int64_t>(pax.size())));
    AddRaw(TarBlocks(pax));
  }
  AddRaw(TarHeader(entry, static_cast<int64_t>(entry.content.size())));
  return AddRaw(TarBlocks(entry.content));
}

TarBuilder& TarBuilder::File(absl::string_view name, absl::string_view content,
                             mode_t mode) {
  TarEntry entry;
  entry.name = std::string(name);
  entry.content = std::string(content);
  entry.mode = mode;
  return Add(entry);
}

TarBuilder& TarBuilder::Directory(absl::string_view name, mode_t mode) {
  TarEntry entry;
  entry.name = std::string(name);
  entry.type = '5';
  entry.mode = mode;
  return Add(entry);
}

TarBuilder& TarBuilder::Link(absl::string_view name, absl::string_view to) {
  TarEntry entry;
  entry.name = std::string(name);
  entry.type = '2';
  entry.link = std::string(to);
  entry.mode = 0777;
  return Add(entry);
}

TarBuilder& TarBuilder::HardLink(absl::string_view name, absl::string_view to,
                                 mode_t mode) {
  TarEntry entry;
  entry.name = std::string(name);
  entry.type = '1';
  entry.link = std::string(to);
  entry.mode = mode;
  return Add(entry);
}

TarBuilder& TarBuilder::AddRaw(absl::string_view bytes) {
  bytes_.append(bytes.data(), bytes.size());
  return *this;
}

std::string TarBuilder::Finish() const {
  return bytes_ + std::string(2 * kBlockBytes, '\0');
}

}  // namespace gantry::image
