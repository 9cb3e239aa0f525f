import { Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { type AuthContext, Authorized, Public } from '../../src/index.ts';

@ObjectType()
class Report {
  @Field(() => String)
  title!: string;

  @Authorized('ADMIN')
  @Field(() => String, { nullable: true })
  figures!: string;
}

/** A host's own fields, each with a decision. `calls` says which of them have run. */
@Resolver()
export class HostResolver {
  static readonly calls: string[] = [];

  @Public()
  @Query(() => String, { nullable: true })
  whoAmI(@Ctx() { currentUser }: AuthContext): string | null {
    HostResolver.calls.push('whoAmI');
    return currentUser?.id ?? null;
  }

  @Public()
  @Mutation(() => String, { nullable: true })
  signGuestBook(@Ctx() { currentUser }: AuthContext): string | null {
    HostResolver.calls.push('signGuestBook');
    return currentUser?.id ?? null;
  }

  @Public()
  @Query(() => Report)
  report(): Report {
    HostResolver.calls.push('report');
    return { title: 'for everybody', figures: 'for administrators' };
  }

  @Authorized()
  @Query(() => String, { nullable: true })
  forUsers(): string {
    HostResolver.calls.push('forUsers');
    return 'for users';
  }

  @Authorized('ADMIN')
  @Query(() => String, { nullable: true })
  forAdmins(): string {
    HostResolver.calls.push('forAdmins');
    return 'for administrators';
  }

  @Authorized(['EDITOR', 'ADMIN'])
  @Query(() => String, { nullable: true })
  forEditors(): string {
    HostResolver.calls.push('forEditors');
    return 'for editors';
  }
}
