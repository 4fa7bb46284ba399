// Camera frame in mm (x right, y down, z away) to clip space, first row of the image at the bottom
// of the framebuffer, so that what is read back needs no flip.
in vec3 position;
in vec3 normal;
in vec3 reference;   // where this point lies in the mean head (eyeballs: in this head), mm
in vec4 paint;       // linear albedo, hair coverage
in vec4 anatomy;     // material, distance from lash roots, rim (of lashes: 2 = upper lid), cavity
#ifdef PORTRAIT
in vec3 photo;       // texture coordinates, how far the texture covers the skin
out vec3 cover;
#endif
in float light_share; // of the head: what reaches a point of it past things that shade it
#ifdef REFRACTED
// What lies behind a lens is drawn where the lens shows it, see optics.py.
uniform vec3 lens_vertex;    // optical centre
uniform vec3 lens_forward;   // unit vector, away from the eye
uniform float lens_power;    // 1 / mm
uniform float lens_limit;
out vec3 shown;
#endif
uniform mat4 projection;
out float share;
out vec3 at;
out vec3 facing;
out vec3 place;
out vec4 coat;
out vec4 trait;
void main() {
#ifdef REFRACTED
    vec3 offset = position - lens_vertex;
    float depth = max(-dot(offset, lens_forward), 0.0);
    shown = lens_vertex + offset / (1.0 - min(depth * lens_power, lens_limit));
    gl_Position = projection * vec4(shown, 1.0);
#else
    gl_Position = projection * vec4(position, 1.0);
#endif
    share = light_share;
    at = position;
    facing = normal;
    place = reference;
    coat = paint;
    trait = anatomy;
#ifdef PORTRAIT
    cover = photo;
#endif
}
