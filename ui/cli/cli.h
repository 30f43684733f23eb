// tincture-cli: the program's jobs for scripts, servers and tests.
//
// A command is a member of a family: NAME.c with NAME_command, and one word in meson.build. Exit
// status: 0 done, 1 failed with one sentence on standard error, 2 a wrong command line. Progress
// goes to standard error.
#pragma once

#include "ui/core/where.h"

#include <json-glib/json-glib.h>

// Everything that can be given on a command line. A command names the options it takes.
struct cli {
    char *model, *vae, *device, *precision, *out, *prompt, *source_prompt, *negative;
    char *image, *latents, *latents_out, *attention, *noise, *mask;
    char *region, *preset;
    char *control, *control_kind, *hint;
    char *only, *photos;
    char *to, *prompts_from, *sheet, *style;
    char *list, *suffix, *recipe_from, *recipe_to;
    char *log, *resume, *checkpoint, *rename;
    char *class_prompt, *kind, *token;
    char **images, **subjects, **class_images, **contents, **styles, **adapters, **embeddings,
        **selections, **weights, **prompts, **learn_set, **rest;
    int timestep, size, learn_steps, variations, mask_reach;
    gint64 seed;
    gint64 learn_seed; // of a recipe; -1: the same
    char *data_dir;
    gboolean yes;
    gboolean json, recipe, raw, hint_from_photo, skip_broken, help, quick, learn;
    const struct cli_command *command;
    struct settings *settings; // of the command's table
    struct settings *plain;    // the same before a preset; NULL: there is none
    struct settings *also;     // of its second one, NULL: it has none

    GPtrArray *given;   // char *, in pairs: key of a setting, its value
    GPtrArray *numbers; // char *, in pairs: option of a whole number, its value
    GPtrArray *texts;   // char *: names and help of options

    struct word_weight *word_weights; // of weights, whose words it borrows; by cli_weights()

    struct engine *engine;              // opened by cli_engine()
    GPtrArray *loaded;                  // struct adapter *, by cli_adapters()
    const struct engine_control *leads; // of control, by cli_control(); NULL: none
    struct edit_hint led;               // what requests borrow of it
};

// What a file that is to be written is, as far as its ending goes.
enum cli_form {
    CLI_OWN,     // the command says so, or writes none
    CLI_TENSORS, // a safetensors file, which is read under any ending of files of weights
    CLI_RECORD,  // of no form that others have an ending for
    CLI_FOLDER,
};

struct cli_command {
    const char *name;
    const char *summary;            // one line for the list
    const char *usage;              // what follows the options, "" for none
    bool one;                       // only one word may follow them
    enum cli_form writes;           // what --out is
    const char *const *options;     // long names, NULL-terminated
    const char *const *needed;      // those that must be given, NULL-terminated; NULL: none
    const struct setting *settings; // each row is an option, too; NULL: none
    const char *const *reads;       // the keys of those that have an effect; NULL: all
    const struct setting *also;     // the same of what is made of the result; NULL: none
    bool (*run)(struct cli *c, GError **error);
};
extern const struct cli_command *const command_table[];

// options.c. parse: fills c from the words of the command line; a wrong one is an error. numbers
// and settings: then check those that were given and put them into c, into c->also and into
// c->settings, which is of that table.
bool cli_parse(const struct cli_command *command, struct cli *c, int argc, char **argv,
               GError **error);
bool cli_numbers(struct cli *c, GError **error);
bool cli_settings(struct cli *c, const struct setting *table, GError **error);
// Prints what the command takes, with the values that count beside what was given; the settings are
// those of cli_settings().
void cli_help(const struct cli_command *command, struct cli *c);
// The options of one command, those that it names and its settings', as GOptionEntry; texts in them
// are c's, which settings need not be made of. The last one takes what is no option.
GArray *cli_options(const struct cli_command *command, struct cli *c);
// NAME:VALUE, or NAME alone, which leaves *value. False where VALUE is nothing that the row takes.
// *name: newly allocated in any case.
bool cli_split(const char *text, const struct setting *row, char **name, double *value);

// describe.c: adds an object to the array that is open in b: name, summary, usage, and each option
// with its help and the words that it may be given, where these are few.
void cli_describe(const struct cli_command *command, struct cli *c, JsonBuilder *b);

// recipe.c: what --recipe-from says goes where nothing is given.
bool cli_recipe(struct cli *c, GError **error);

// beside.c: whether what was given has an effect beside the other things that were given. An option
// without any is an error, a setting without any is said on standard error. Also an error is a name
// to write to whose ending is that of something else.
bool cli_beside(const struct cli_command *command, const struct cli *c, GError **error);
// Whether the ending of what is to be written is that of its form.
struct cli_written {
    const char *option, *path; // path NULL: nothing
    enum cli_form form;
};
bool cli_check_ending(const struct cli_written *w, GError **error);
// Whether one of the settings was given; whether the command reads it at all.
bool cli_given(const struct cli *c, const char *key);
bool cli_reads(const struct cli_command *command, const char *key);

// Opens device and model as the options say.
struct engine *cli_engine(struct cli *c, GError **error);
// Says what the model does not know, or does not read any more, of the sentences. cli_engine() and
// cli_adapters() do, but where a word of them is still to be learned. kinds: of the classes.
void cli_note_sentences(const struct cli *c);
void cli_note_kinds(const struct cli *c);
// An adapter of a file or folder, for the engine that is open; what of it is not applied, and how
// it was read where that was open, goes to standard error in one line.
struct adapter *cli_adapter(const struct cli *c, const char *path, GError **error);
// Of FILE[:STRENGTHS], a number or as adapter_set_strengths(); a file of that whole name first.
struct adapter *cli_adapter_scaled(const struct cli *c, const char *text, GError **error);
// Loads --style and --adapter FILE[:STRENGTHS]... (a file of that whole name goes first) and hands
// them to the editor.
bool cli_adapters(struct cli *c, GError **error);
// Reads --weight WORD:FACTOR..., of which there may be none.
bool cli_weights(struct cli *c, GError **error);
// The request that the options describe, for editor_run and its relatives.
struct edit_request cli_request(const struct cli *c);
// Loads the photo of --image at the working size.
// A note on the picture is a line on standard error.
struct image *cli_image_load(const char *path, GError **error);
struct photo *cli_photo(struct cli *c, const char *path, GError **error);

// place.c. place_check: whether --region is one, or auto, as far as that can be told without the
// photo.
bool cli_place_check(const struct cli *c, GError **error);
// What --region says, for any photo.
bool cli_frame(const struct cli *c, struct frame_rule *rule, GError **error);
// region: the same, checked against the photo; width 0: nothing. mask: the file of --mask as a
// raster of the photo's size, its border where --mask-reach lets it go, newly made; *mask NULL:
// there is none.
bool cli_region(const struct cli *c, const struct photo *p, struct image_region *region,
                GError **error);
// The same for an edit within the mask (NULL: none), which --region auto lets look for it; then it
// is said.
bool cli_edit_region(const struct cli *c, const struct photo *p, const struct raster *mask,
                     const struct edit_request *request, struct image_region *region,
                     GError **error);
bool cli_mask(const struct cli *c, const struct photo *p, struct raster **mask, GError **error);
// Adds to *mask (NULL: a new one) where that region of the photo shows the words of --select.
bool cli_select(const struct cli *c, const struct photo *p, const struct image_region *region,
                const struct edit_request *request, struct raster **mask, GError **error);

// hint.c. control: loads --control FILE[:STRENGTH], of which there may be none. hint: with one,
// what --hint or the photo itself says becomes the request's; p NULL: there is a size alone.
bool cli_control(struct cli *c, GError **error);
bool cli_hint(struct cli *c, const struct photo *p, const struct image_region *region, int width,
              int height, struct edit_request *request, GError **error);

// train_control.c: whether the options are those of a control, and the pairs that it is learned
// from.
bool cli_control_check(const struct cli *c, GError **error);
struct control_set;
struct control_set *cli_control_set(struct cli *c, GError **error);

// Reads --adapter FILE[:STRENGTHS]... into c->loaded, without handing them to the editor.
bool cli_adapters_load(struct cli *c, GError **error);

// train_style.c: whether the options are those of a style, and the pictures that it is learned
// from; else those of --image. Each has a description beside it, or that of --prompt.
struct picture_set;
bool cli_style_check(const struct cli *c, GError **error);
struct picture_set *cli_picture_set(struct cli *c, GError **error);

// pictures.c. Puts the photos that lie in folders in the place of the folders in --image,
// --class-image, --content and --style; masks and hints beside photos are none. With --skip-broken
// those that cannot be read are named and left out; one has to be left.
bool cli_pictures(struct cli *c, GError **error);
// The same of one folder: paths (char *) by their names.
GPtrArray *cli_photos_in(const struct cli *c, const char *folder, GError **error);
// Says what was noted (char *) of pictures that were read, a line each. Takes the array.
void cli_note_pictures(GPtrArray *notes);

// train_subject.c. check: the form of --subject. subject: what --class, --token and the photos (of
// --image, then of --class-image), or --subject, say that is to be learned.
struct subject;
bool cli_subject_check(const struct cli *c, GError **error);
struct subject *cli_subject(struct cli *c, const GPtrArray *photos, GError **error);

extern struct task cli_task; // its report is a line on a terminal, written over by the next
void cli_progress_end(void); // clears that line
// That line, with a text of the caller's in the place of task_text().
void cli_progress(const struct task_progress *progress, const char *text);

// Tensors in and out: fp32 safetensors with one tensor of that name. read: *shape has rank 3 or 4,
// a missing leading 1 is added; the result is newly allocated.
float *cli_tensor_read(const char *path, const char *name, int64_t shape[4], GError **error);
bool cli_tensor_write(const char *path, const char *name, int rank, const int64_t *shape,
                      const float *data, GError **error);

// How the command writes pictures, as the options say. recipe and task are the caller's.
struct image_save_params cli_save_params(const struct cli *c);
// A picture file. check: whether it can be written, to be called before the work.
bool cli_image_check(const struct cli *c, const char *path, GError **error);
bool cli_image_write(const struct cli *c, const char *path, const struct image *image,
                     const char *recipe, GError **error);
// The same of a picture that is made while it is written; its alpha is that of like.
bool cli_rows_write(const struct cli *c, const char *path, const struct image_rows *rows,
                    const struct image *like, const char *recipe, GError **error);
// Likewise of an adapter's file: not under a picture's ending, which only a picture has.
bool cli_adapter_check(const struct adapter_method *method, const char *path, GError **error);
// One line on standard error; names and metadata in it may hold anything.
void cli_complain(const char *sentence);
bool cli_flush(GError **error);      // what was printed has arrived; said once that it has not
void cli_print_json(JsonBuilder *b); // the finished object, to standard output
