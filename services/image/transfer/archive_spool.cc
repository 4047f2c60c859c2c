#include "services/image/transfer/archive_spool.h"

#include <archive_entry.h>

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

namespace gantry::image {
namespace {

constexpr size_t kMaxFiles = 100'000;
constexpr int kMaxLinks = 8;
constexpr absl::string_view kBlobFolder = "blobs/sha256/";

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
    if (files_.size() + links_.size() >= kMaxFiles) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the archive has more than ", kMaxFiles, " files"));
    }
    const char* raw_name = archive_entry_pathname(entry);
    if (raw_name == nullptr)
      return absl::InvalidArgumentError("an entry has no name");
    GANTRY_ASSIGN_OR_RETURN(const std::string name, CleanEntryName(raw_name));
    if (const char* target = archive_entry_hardlink(entry); target != nullptr) {
      GANTRY_ASSIGN_OR_RETURN(links_[name], CleanEntryName(target));
    } else if (archive_entry_filetype(entry) == AE_IFLNK) {
      const char* link = archive_entry_symlink(entry);
      const auto resolved = ResolveLink(name, link == nullptr ? "" : link);
      if (resolved.has_value()) links_[name] = *resolved;
    } else if (archive_entry_filetype(entry) == AE_IFREG) {
      GANTRY_RETURN_IF_ERROR(ReadFile(name, tar));
    }
  }
  return tar.Drain();
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
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", name,
          "\" is stored with holes, which an image archive has not"));
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
  if (!info.ok())
    return Annotate(info.status(), absl::StrCat("\"", name, "\""));
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
      absl::StrCat("the archive has no file \"", name.substr(0, 200), "\""));
}

absl::StatusOr<std::string> ArchiveSpool::ReadDocument(
    absl::string_view name) const {
  GANTRY_ASSIGN_OR_RETURN(const oci::Digest digest, Find(name));
  absl::StatusOr<std::string> document = ReadDocument(digest);
  if (!document.ok())
    return Annotate(document.status(), absl::StrCat("\"", name, "\""));
  return document;
}

absl::StatusOr<std::string> ArchiveSpool::ReadDocument(
    const oci::Digest& digest) const {
  GANTRY_ASSIGN_OR_RETURN(const std::unique_ptr<BlobReader> reader,
                          blobs_.Open(digest));
  if (reader->size_bytes() > oci::kMaxDocumentBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a document of ", reader->size_bytes(), " bytes; at most ",
                     oci::kMaxDocumentBytes, " are read"));
  }
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
