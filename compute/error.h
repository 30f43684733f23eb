// The one error domain of the engine and of the pictures.
//
// Rules that hold everywhere and are not repeated:
// - A function that can fail returns bool or a pointer and takes a GError **error last. The message
//   is one sentence a user understands, without a full stop at the end being relied upon, and names
//   the file or the tensor. Whoever adds knowledge uses g_prefix_error().
// - Cancelling is G_IO_ERROR_CANCELLED (task_cancelled()), never this domain.
// - Functions named *_new, *_open, *_load, *_create give the caller an owned object; *_free accepts
//   NULL.
// - Everything below ui/core is driven by one thread at a time unless a comment says otherwise.
#pragma once

#include <gio/gio.h>

#define TINCTURE_ERROR tincture_error_quark()
GQuark tincture_error_quark(void);

enum tincture_error {
    TINCTURE_ERROR_FAILED,      // something went wrong that has no better name
    TINCTURE_ERROR_FILE,        // a file is damaged, cut short or not what its name says
    TINCTURE_ERROR_UNSUPPORTED, // well-formed, but not something this program does
    TINCTURE_ERROR_MISMATCH, // parts that do not belong together: tensors missing, wrong base model
    TINCTURE_ERROR_MEMORY,   // does not fit; the message has "needs X, Y free"
    TINCTURE_ERROR_DEVICE,   // no usable Vulkan device, or it was lost
    TINCTURE_ERROR_NUMERIC,  // NaN or infinity appeared
    TINCTURE_ERROR_ARGUMENT, // an option outside its legal range
};
