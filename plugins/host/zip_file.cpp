#include "plugins/host/zip_file.hpp"

#include <zip.h>

#include <algorithm>

namespace vz::host {
namespace {

constexpr uint64_t kPartBytes = 1 << 20;

}  // namespace

struct ZipFile::Impl {
    zip_t* archive = nullptr;
};

std::unique_ptr<ZipFile> ZipFile::open(const std::string& path, std::string* problem) {
    int code = 0;
    zip_t* const archive = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code);
    if (archive == nullptr) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        *problem = path + " cannot be read as a ZIP: " + zip_error_strerror(&error);
        zip_error_fini(&error);
        return nullptr;
    }
    std::unique_ptr<ZipFile> file(new ZipFile);
    file->impl_ = std::make_unique<Impl>();
    file->impl_->archive = archive;
    return file;
}

ZipFile::~ZipFile() {
    if (impl_ != nullptr) zip_discard(impl_->archive);
}

std::vector<std::string> ZipFile::names() const {
    std::vector<std::string> names;
    const zip_int64_t count = zip_get_num_entries(impl_->archive, 0);
    for (zip_int64_t i = 0; i < count; ++i) {
        const char* const name = zip_get_name(impl_->archive, static_cast<zip_uint64_t>(i), 0);
        if (name != nullptr) names.emplace_back(name);
    }
    return names;
}

bool ZipFile::read(const std::string& name, uint64_t bytes_max, uint64_t padding, std::string* content,
                   std::string* problem) {
    content->clear();
    const auto close = [](zip_file_t* file) { zip_fclose(file); };
    const std::unique_ptr<zip_file_t, decltype(close)> entry(zip_fopen(impl_->archive, name.c_str(), 0), close);
    if (entry == nullptr) {
        *problem = "entry " + name + ": " + zip_strerror(impl_->archive);
        return false;
    }
    // What the file says of its size is not believed: room grows with what arrives.
    for (;;) {
        const size_t before = content->size();
        content->resize(before + kPartBytes);
        const zip_int64_t got = zip_fread(entry.get(), content->data() + before, kPartBytes);
        content->resize(before + static_cast<size_t>(std::max<zip_int64_t>(got, 0)));
        if (got < 0) {
            *problem = "entry " + name + ": " + zip_file_strerror(entry.get());
            return false;
        }
        if (content->size() > bytes_max) {
            *problem = "entry " + name + " has more than " + std::to_string(bytes_max) + " bytes";
            return false;
        }
        if (got == 0) break;
    }
    content->reserve(content->size() + padding);
    std::fill_n(content->data() + content->size(), padding, '\0');
    return true;
}

}  // namespace vz::host
