// The engine: a device, a model and what runs on them, with the jobs that need both models and
// pictures.
//
// Everything here is synchronous, reports progress and can be cancelled: the session calls it on
// its own thread, the command line on the main one. One thread at a time.
#pragma once

#include "compute/edit/edit.h"
#include "compute/train/train.h"
#include "render/detail.h"
#include "render/edges.h"
#include "render/mask.h"
#include "ui/core/lead.h"
#include "ui/core/photo.h"

struct sight;
struct learning;

struct engine {
    struct gpu *gpu;
    struct model *model;          // NULL until it is loaded
    struct editor *editor;        // of the work at hand, as all of a desk
    struct fft *fft;              // opened at first use
    GHashTable *adapters;         // path -> struct adapter *: loaded once
    GPtrArray *in_use;            // struct adapter *: of engine_use(); borrowed
    GHashTable *controls;         // path -> struct engine_control *: loaded once
    char *own_controls;           // the folder of a person's own; NULL: that of the user's data
    GHashTable *tokens;           // path of the library -> struct token_file *: looked at already
    struct photo *painted;        // the photo whose masks are painted; NULL: none yet
    struct mask_painter *painter; // its mask, that was asked for last
    struct sight *sight;          // the part of a photo that was edited last, as the model sees it
    gconstpointer owner;          // whose the work at hand is; NULL: nobody's yet
    GPtrArray *desks;             // struct desk: of the others, the one that was left last first
    guint desks_most;             // for which the model leaves the memory, with the one at hand
    GAsyncQueue *gone;            // those who will not come again: engine_forget()
    struct {                      // a training that made way: engine_keep_learning()
        struct learning *learning;
        struct adapter *adapter; // that it learns
        char *checkpoint;        // whose it is
    } kept;
    char *failure; // why there is no model, where loading it has failed
};

// One without a model, which engine_load() brings, and once more in the place of the one before,
// with which all that was found by it goes. model: a folder or file; vae: of the
// autoencoder in the place of its own, NULL: none; device: as gpu_open(); precision: as
// gpu_set_precision().
struct engine *engine_new(void);
bool engine_load(struct engine *e, const char *model, const char *vae, const char *device,
                 const char *precision, struct task *task, GError **error);
// Both at once.
struct engine *engine_open(const char *model, const char *vae, const char *device,
                           const char *precision, struct task *task, GError **error);
void engine_free(struct engine *e);
// What is open in a window, in another one, and what is worked at apart from these (ENGINE_APART)
// take turns, and none loses by that what was found out about its photo: each has an editor, with
// programs and merged weights of its own. Where the model leaves too little memory for another one,
// who had none for longest gives his to it. owner: only compared; NULL: whose it was before.
void engine_turn(struct engine *e, gconstpointer owner);
#define ENGINE_APART ((gconstpointer)&engine_apart)
extern const char engine_apart;
// Any thread: this owner's editor is not kept.
void engine_forget(struct engine *e, gconstpointer owner);
// False where there is no model to work with; the error says why.
bool engine_ready(const struct engine *e, GError **error);

// ---- adapters -----------------------------------------------------------------------------------

// An adapter as it is used.
struct engine_adapter {
    char *path;
    double scale;
    bool enabled;
    int from, to; // the time steps in which it acts, as struct adapter has them
};
GArray *engine_adapters_new(void); // of struct engine_adapter, frees the paths

// The adapter of a file. NULL with an error. Borrowed: until it is forgotten, or put anew.
struct adapter *engine_adapter(struct engine *e, const char *path, GError **error);
void engine_adapter_forget(struct engine *e, const char *path);
// Adapters of files, each under a name and at its strengths (adapter_set_strengths()), all
// NULL-terminated: struct adapter *, of the caller's own, so that nothing that is drawn knows of
// those strengths. NULL with an error.
GPtrArray *engine_adapters_at(struct engine *e, const char *const *files, const char *const *names,
                              const char *const *strengths, struct task *task, GError **error);
// Puts a trained adapter in the place of whatever was known of this path. Takes it.
void engine_adapter_put(struct engine *e, const char *path, struct adapter *adapter);
// What edits are made with from now on; borrowed while engine_run() is called.
bool engine_use(struct engine *e, struct adapter *const *list, int n, struct task *task,
                GError **error);
// The same of files: struct engine_adapter.
bool engine_use_adapters(struct engine *e, const GArray *uses, struct task *task, GError **error);

// ---- learned tokens -----------------------------------------------------------------------------

GHashTable *engine_tokens_new(void); // for struct engine

// Whether a file holds a learned token (textual inversion), for this model or another.
bool engine_is_token(const char *path);
// Takes the file's token into the model, and a copy of the file into the folder, under the token's
// name. Its name, newly allocated; the same file again changes nothing. NULL with an error: it does
// not fit, its name is a word of the model, or another file's token has it; then there is no copy.
// note receives model_embedding_note() of the file where it is taken, otherwise NULL.
char *engine_embed(struct engine *e, const char *path, const char *folder, char **note,
                   GError **error);
// The tokens become those of the files in the folder: those of files that were not looked at yet,
// or are others now, are taken; those of files that are gone are taken away. Names (char *) of both
// are added to came and left. A sentence about new files that do not fit, newly allocated; NULL:
// all do.
char *engine_embed_folder(struct engine *e, const char *folder, GPtrArray *came, GPtrArray *left);

// ---- controls -----------------------------------------------------------------------------------

// A hint network of a file, with what else is in the file. Borrowed from the engine.
struct engine_control {
    struct hint_net *net;
    struct adapter *adapter;   // acts with it, as strongly as it; NULL: none
    bool of_edges;             // its hints are the edges of a picture ...
    struct edges_params edges; // ... found so
};
GHashTable *engine_controls_new(void); // for struct engine

const struct engine_control *engine_control(struct engine *e, const char *path, struct task *task,
                                            GError **error);
// Takes a file that is a hint encoder and fits the model into the folder of a person's own. Its
// name, newly allocated; NULL with an error.
char *engine_take_control(struct engine *e, const char *path, struct task *task, GError **error);
// The control that keeps a photo's edges with this model: the first file that fits it and says that
// it is of edges, of a person's own or in the model's folder "controls". NULL: there is none.
const struct engine_control *engine_edges_control(struct engine *e, struct task *task);
// Hints (height, width, 3) for struct edit_hint, newly allocated. The edges of a picture as the
// model sees it; a picture that lies over the whole photo, of which the region is seen (photo NULL:
// all of it).
float *engine_edges_hint(const struct engine_control *c, const float *rgb, int width, int height);
float *engine_file_hint(const struct photo *p, const struct image_region *region,
                        const struct image *hint, int width, int height, GError **error);
// The control that leads edits of a part of a photo, with the hint that it is given: *hint, whose
// picture is newly allocated and whose network the engine's. No control: zero. False with a
// sentence where the control cannot be had, does not fit the model, or has no hint.
bool engine_lead(struct engine *e, const struct lead *lead, const struct photo *p,
                 const struct image_region *region, struct edit_hint *hint, struct task *task,
                 GError **error);
// editor_run() with the adapters in use, and that of the control whose network the request has.
struct edit_result *engine_run(struct engine *e, const struct edit_request *request,
                               struct task *task, GError **error);
// The same of a photo's edit, with the photo's edges where the settings keep them and the request
// has no hint.
struct edit_result *engine_run_led(struct engine *e, struct edit_request request, struct task *task,
                                   GError **error);

// ---- what it does -------------------------------------------------------------------------------

// Takes full. side: the working size in pixels, 0 for the model's own; view_side: as photo_new().
struct photo *engine_photo(struct engine *e, struct image *full, int side, int view_side,
                           GError **error);

// A part of a photo as the model sees it: what a request takes of it. Borrowed until the next call,
// or the photo's.
bool engine_see(struct engine *e, const struct photo *p, const struct image_region *region,
                const float **rgb, int *width, int *height, GError **error);

// Where an edit is made.
struct engine_place {
    struct image_region region; // what of the photo the model sees, in its pixels; never empty
    const struct raster *mask;  // where the edit may show, of the photo's size; NULL: everywhere
};
struct engine_place engine_place_whole(const struct photo *p);
// The place that a mask (NULL: everywhere) and a region (width 0: the whole photo) mean. False with
// a sentence where the photo has no such region, or the mask covers nothing of it. place->mask is
// the engine's until the next call.
bool engine_place(struct engine *e, const struct photo *p, const struct mask *mask,
                  const struct image_region *region, struct engine_place *place, struct task *task,
                  GError **error);
// The same for a mask that is a raster: borrowed, or NULL.
bool engine_place_raster(const struct photo *p, const struct raster *mask,
                         const struct image_region *region, struct engine_place *place,
                         GError **error);

// The same part of a picture that shows the photo in another size.
struct image_region engine_region_on(const struct photo *p, const struct image *base,
                                     const struct image_region *r);
// Runs request on that part of the photo (rgb, width, height and mask are filled in here).
struct edit_result *engine_edit(struct engine *e, const struct photo *p,
                                const struct engine_place *place, struct edit_request request,
                                struct task *task, GError **error);

// What is to be selected: a word of the description, or what is at a place.
struct engine_choice {
    const char *word; // NULL: the place
    double x, y;      // in pixels of the photo
    bool erase;       // it is to be taken away from a mask
};
// It as a mask of one step, looked for in that region of the photo (width 0: all of it), as the
// request describes it. To be unreffed.
struct mask *engine_select(struct engine *e, const struct photo *p,
                           const struct image_region *region, struct edit_request request,
                           const struct engine_choice *choice, struct task *task, GError **error);

// A part of the photo for an edit by the request, with some room around what it is about: the mask
// (of the photo's size; then at least the model's picture in the photo's own pixels), or without
// one (NULL) the words. For engine_place(). All of the photo where it is about no one thing.
bool engine_suggest_region(struct engine *e, const struct photo *p, const struct raster *mask,
                           struct edit_request request, struct image_region *region,
                           struct task *task, GError **error);

// The result of an edit of that place, carried over to base, which is the photo at its own or any
// smaller size, as the request that it was made by says. params say which part of base is wanted.
struct image *engine_restore(struct engine *e, const struct photo *p, const struct image *base,
                             const struct engine_place *place, const struct edit_request *request,
                             const struct edit_result *r, struct detail_params params,
                             GError **error);

// The same at the photo's own size, all of it, to be made while it is written: detail_rows(). The
// photo and the place are borrowed until detail_free(). NULL with an error.
struct detail *engine_detail(struct engine *e, const struct photo *p,
                             const struct engine_place *place, const struct edit_request *request,
                             const struct edit_result *r, struct task *task, GError **error);

// What the parameters text chunk of an exported picture says (methods 8.4). adapters may be NULL.
// place may be NULL. Newly allocated.
struct engine_made { // the picture
    int width, height;
    const char *precision; // that it was drawn in; NULL: not known
};
char *engine_recipe(const struct edit_request *request, const struct engine_place *place,
                    const struct model *m, struct adapter *const *adapters, int n,
                    const struct engine_made *made);

// The same for an edit that was made with uses: struct engine_adapter. Those that cannot be loaded
// are left out.
char *engine_recipe_with(struct engine *e, const struct edit_request *request,
                         const struct engine_place *place, const GArray *uses,
                         const struct engine_made *made);

// Trains the adapter on a part of the photo (NULL or width 0: all of it), at the size at which it
// is edited. resume: a checkpoint, or NULL. The run is measured by engine_redraw(); watch is called
// with what was drawn, on this thread, where it is not NULL.
typedef void (*engine_watch_fn)(const struct edit_result *drawn, double db, void *data);
bool engine_learn(struct engine *e, const struct photo *p, const struct image_region *region,
                  const char *caption, struct adapter *adapter, const struct train_params *params,
                  const char *resume, engine_watch_fn watch, void *data, struct task *task,
                  GError **error);
// The same of a whole set. Where it fails or is stopped, *done (may be NULL) steps are in adapter.
// Where no picture tells how far it is, as of a style, watch is called with NULL and NaN instead.
bool engine_learn_set(struct engine *e, const struct train_set *set, struct adapter *adapter,
                      const struct train_params *params, const char *resume, engine_watch_fn watch,
                      void *data, int *done, struct task *task, GError **error);

// The same in two steps, so that a training that was stopped goes on at once, with all that was
// made ready for it. The adapter is borrowed as long as the learning; watch is given the data of
// the run.
struct learning *engine_learning_new(struct engine *e, const struct train_set *set,
                                     struct adapter *adapter, const struct train_params *params,
                                     const char *resume, engine_watch_fn watch, struct task *task,
                                     GError **error);
struct learning *engine_learning_of(struct engine *e, const struct photo *p,
                                    const struct image_region *region, const char *caption,
                                    struct adapter *adapter, const struct train_params *params,
                                    const char *resume, engine_watch_fn watch, struct task *task,
                                    GError **error);
bool engine_learning_run(struct learning *l, void *data, struct task *task, GError **error);
void engine_learning_free(struct learning *l);
// Keeps one, with its adapter, until it is taken by the name of its checkpoint; takes both. NULL:
// none of that name is kept, and then none at all any more.
void engine_keep_learning(struct engine *e, struct learning *l, struct adapter *adapter,
                          const char *checkpoint);
struct learning *engine_take_learning(struct engine *e, const char *checkpoint,
                                      struct adapter **adapter);
void engine_drop_learning(struct engine *e);

// How well an example is drawn from its own noise, led by its own caption as an edit would be led
// by a new one: the PSNR in dB of that picture (*drawn, to be freed). NaN with an error.
double engine_redraw(struct engine *e, const struct train_example *example,
                     struct adapter *const *adapters, int n, struct task *task,
                     struct edit_result **drawn, GError **error);
