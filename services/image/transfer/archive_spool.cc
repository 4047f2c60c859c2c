#include "services/image/transfer/archive_spool.h"

#include <archive_entry.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/oci/manifest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/image/layer/decompressor.h"
#include "services/image/layer/entry_error.h"

namespace gantry::image {
namespace {

constexpr int64_t kMaxEntries = 100'000;
// Of all names and what links among them stand for, which are kept in memory.
constexpr int64_t kMaxNameBytes = 64 << 20;
constexpr int kMaxLinks = 8;
constexpr absl::string_view kBlobFolder = "blobs/sha256/";
// Documents that are known by their names, before they are read.
constexpr absl::string_view kDocuments[] = {"index.json", "manifest.json",
                                            "oci-layout", "repositories"};

absl::Status TooLong(int64_t size_bytes) {
  return absl::InvalidArgumentError(
      absl::StrCat("a document of ", size_bytes, " bytes; at most ",
                   oci::kMaxDocumentBytes, " are read"));
}

// What a symbolic link at `name` stands for, as a clean name; none if it leads
// out of the archive.
std::optional<std::string> ResolveLink(const std::string& name,
                                       absl::string_view target) {
  std::vector<std::string> parts;
  if (target.substr(0, 1) != "/") {
    parts = absl::StrSplit(SplitEntryName(name).parent, '/', absl::SkipEmpty());
  }
  for (absl::string_view part :
       absl::StrSplit(target, '/', absl::SkipEmpty())) {
    if (part == ".") continue;
    if (part != "..") {
      parts.emplace_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  std::string resolved;
  for (const std::string& part : parts) {
    absl::StrAppend(&resolved, resolved.empty() ? "" : "/", part);
  }
  return resolved;
}

}  // namespace

absl::Status ArchiveSpool::Read(ByteSource& archive) {
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> plain,
                          OpenDecompressed(archive));
  TarReader tar(*plain);
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(archive_entry* const entry, tar.Next());
    if (entry == nullptr) break;
    if (++entry_count_ > kMaxEntries) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the archive has more than ", kMaxEntries, " entries"));
    }
    GANTRY_RETURN_IF_ERROR(ReadEntry(entry, tar));
  }
  return tar.Drain();
}

absl::Status ArchiveSpool::ReadEntry(archive_entry* entry, TarReader& tar) {
  const char* raw_name = archive_entry_pathname(entry);
  if (raw_name == nullptr)
    return absl::InvalidArgumentError("an entry has no name");
  GANTRY_ASSIGN_OR_RETURN(const std::string name, CleanEntryName(raw_name));
  GANTRY_RETURN_IF_ERROR(CountName(name));
  if (const char* target = archive_entry_hardlink(entry); target != nullptr) {
    GANTRY_ASSIGN_OR_RETURN(std::string resolved, CleanEntryName(target));
    return AddLink(name, std::move(resolved));
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFLNK: {
      const char* link = archive_entry_symlink(entry);
      auto resolved = ResolveLink(name, link == nullptr ? "" : link);
      if (!resolved.has_value()) return absl::OkStatus();
      return AddLink(name, *std::move(resolved));
    }
    case AE_IFREG:
      if (archive_entry_size(entry) > oci::kMaxDocumentBytes &&
          std::find(std::begin(kDocuments), std::end(kDocuments), name) !=
              std::end(kDocuments)) {
        return Annotate(TooLong(archive_entry_size(entry)), QuotedName(name));
      }
      return ReadFile(name, tar);
    default:
      return absl::OkStatus();
  }
}

absl::Status ArchiveSpool::CountName(absl::string_view name) {
  name_bytes_ += static_cast<int64_t>(name.size());
  if (name_bytes_ <= kMaxNameBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the names in the archive have more than ", kMaxNameBytes, " bytes"));
}

absl::Status ArchiveSpool::AddLink(const std::string& name,
                                   std::string target) {
  GANTRY_RETURN_IF_ERROR(CountName(target));
  // The later of two entries counts.
  files_.erase(name);
  links_[name] = std::move(target);
  return absl::OkStatus();
}

absl::Status ArchiveSpool::ReadFile(const std::string& name, TarReader& tar) {
  oci::Digest expected;
  absl::string_view hex = name;
  if (absl::ConsumePrefix(&hex, kBlobFolder)) {
    GANTRY_ASSIGN_OR_RETURN(expected,
                            oci::Digest::Parse(absl::StrCat("sha256:", hex)));
    // Before it is there, so that the garbage collector never sees it alone.
    GANTRY_RETURN_IF_ERROR(guard_.PinBlob(expected));
  }
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobWriter> writer,
                          blobs_.Begin());
  std::optional<oci::DigestHasher> hasher;
  if (expected.empty()) hasher.emplace();
  int64_t position = 0;
  while (true) {
    GANTRY_ASSIGN_OR_RETURN(const auto block, tar.ReadBlock());
    if (!block.has_value()) break;
    if (block->offset_bytes != position) {
      return RefuseEntry(
          name, "is stored with holes, which an image archive has not");
    }
    position += static_cast<int64_t>(block->data.size());
    GANTRY_RETURN_IF_ERROR(writer->Append(block->data));
    if (hasher.has_value()) hasher->Update(block->data);
  }
  if (hasher.has_value()) {
    expected = hasher->Finish();
    GANTRY_RETURN_IF_ERROR(guard_.PinBlob(expected));
  }
  stored_.push_back(expected);
  const absl::StatusOr<BlobInfo> info = writer->Commit(expected);
  if (!info.ok()) return Annotate(info.status(), QuotedName(name));
  files_[name] = expected;
  links_.erase(name);
  return absl::OkStatus();
}

absl::StatusOr<oci::Digest> ArchiveSpool::Find(absl::string_view name) const {
  std::string current(name);
  for (int hops = 0; hops < kMaxLinks; ++hops) {
    const auto file = files_.find(current);
    if (file != files_.end()) return file->second;
    const auto link = links_.find(current);
    if (link == links_.end()) break;
    current = link->second;
  }
  return absl::NotFoundError(
      absl::StrCat("the archive has no file ", QuotedName(name)));
}

absl::StatusOr<std::string> ArchiveSpool::ReadDocument(
    absl::string_view name) const {
  GANTRY_ASSIGN_OR_RETURN(const oci::Digest digest, Find(name));
  absl::StatusOr<std::string> document = ReadDocument(digest);
  if (!document.ok()) return Annotate(document.status(), QuotedName(name));
  return document;
}

absl::StatusOr<std::string> ArchiveSpool::ReadDocument(
    const oci::Digest& digest) const {
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobReader> reader,
                          blobs_.Open(digest));
  if (reader->size_bytes() > oci::kMaxDocumentBytes)
    return TooLong(reader->size_bytes());
  std::string document;
  while (static_cast<int64_t>(document.size()) < reader->size_bytes()) {
    GANTRY_ASSIGN_OR_RETURN(
        const std::string piece,
        reader->ReadAt(static_cast<int64_t>(document.size()),
                       oci::kMaxDocumentBytes));
    if (piece.empty()) break;
    document += piece;
  }
  return document;
}

absl::StatusOr<ArchiveSpool::LayerForm> ArchiveSpool::FormOf(
    const oci::Digest& blob) const {
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobReader> reader,
                          blobs_.Open(blob));
  GANTRY_ASSIGN_OR_RETURN(const std::string begin, reader->ReadAt(0, 4));
  switch (DetectCompression(begin)) {
    case Compression::kGzip:
      return LayerForm{oci::kMediaTypeLayerGzip, reader->size_bytes()};
    case Compression::kZstd:
      return LayerForm{oci::kMediaTypeLayerZstd, reader->size_bytes()};
    case Compression::kNone:
      break;
  }
  return LayerForm{oci::kMediaTypeLayer, reader->size_bytes()};
}

absl::StatusOr<oci::Digest> ArchiveSpool::Store(absl::string_view document) {
  const oci::Digest digest = oci::Digest::Of(document);
  GANTRY_RETURN_IF_ERROR(guard_.PinBlob(digest));
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobWriter> writer,
                          blobs_.Begin());
  GANTRY_RETURN_IF_ERROR(writer->Append(document));
  GANTRY_RETURN_IF_ERROR(writer->Commit(digest).status());
  stored_.push_back(digest);
  return digest;
}

}  // namespace gantry::image
